"""The sandbox's memory: tables of records with the few indexes that keep 100,000 invoices quick.

Everything is guarded by one lock: `with store.work():` around each request; on the way out what changed is written
through to the state file, if there is one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from plugins.xero.sandbox.storage import StateFile
from plugins.xero.sandbox.wire import Record

# Table, its key, the number people know a row by, whether rows belong to a contact.
SHAPES: tuple[tuple[str, str, str | None, bool], ...] = (
    ("Organisations", "OrganisationID", None, False),
    ("Contacts", "ContactID", "Name", False),
    ("Invoices", "InvoiceID", "InvoiceNumber", True),
    ("CreditNotes", "CreditNoteID", "CreditNoteNumber", True),
    ("Payments", "PaymentID", None, False),
    ("Overpayments", "OverpaymentID", None, True),
    ("Prepayments", "PrepaymentID", None, True),
    ("Items", "ItemID", "Code", False),
    ("Accounts", "AccountID", "Code", False),
    ("TaxRates", "TaxType", "TaxType", False),
    ("Currencies", "Code", "Code", False),
    ("BrandingThemes", "BrandingThemeID", None, False),
    ("TrackingCategories", "TrackingCategoryID", None, False),
    ("Users", "UserID", None, False),
    ("History", "_id", "_of", False),
)
OAUTH_TABLES = ("codes", "grants", "refresh", "access", "connections", "answers", "keys")

# Told after the work is done: the table, the record as it was and as it is.
Watcher = Callable[["Table", "Record | None", "Record | None"], None]
# Told of each change: the table, the key, the record as it was and as it is (None: not there).
Changed = Callable[["Table", str, "Record | None", "Record | None"], None]


class Table:
    """Records by id, in the order they came, with an index by contact and one by number (case set aside)."""

    def __init__(self, space: str, key: str, number: str | None, owned: bool, changed: Changed) -> None:
        self.space, self.key = space, key
        self._number, self._owned, self._changed = number, owned, changed
        self._rows: dict[str, Record] = {}
        self._by_contact: dict[str, dict[str, None]] = {}
        self._by_number: dict[str, dict[str, None]] = {}
        self._filed: dict[str, tuple[str | None, str | None]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def adopt(self, other: Table) -> None:
        """Hold the same records as another table of the same shape; records are replaced, never changed in place."""
        self._rows, self._filed = dict(other._rows), dict(other._filed)
        self._by_contact = {key: dict(ids) for key, ids in other._by_contact.items()}
        self._by_number = {key: dict(ids) for key, ids in other._by_number.items()}
        for key, record in self._rows.items():
            self._changed(self, key, None, record)

    def all(self) -> list[Record]:
        """Every record, oldest entry first."""
        return list(self._rows.values())

    def get(self, key: str | None) -> Record | None:
        """The record of this id, or None."""
        return self._rows.get(key) if key else None

    def numbered(self, number: str | None) -> list[Record]:
        """The records that carry this number, name or code, whatever the case."""
        keys = self._by_number.get(number.casefold(), {}) if number else {}
        return [self._rows[key] for key in keys]

    def of_contact(self, contact_id: str) -> list[Record]:
        """The records of one contact."""
        return [self._rows[key] for key in self._by_contact.get(contact_id, {})]

    def put(self, record: Record) -> Record:
        """Keep a new or a changed record."""
        key = record[self.key]
        self._unfile(key)
        before = self._rows.get(key)
        self._rows[key] = record
        contact = record["Contact"]["ContactID"] if self._owned else None
        number = str(record.get(self._number) or "").casefold() if self._number else None
        if contact:
            self._by_contact.setdefault(contact, {})[key] = None
        if number:
            self._by_number.setdefault(number, {})[key] = None
        self._filed[key] = (contact, number)
        self._changed(self, key, before, record)
        return record

    def drop(self, key: str) -> None:
        """Forget a record."""
        before = self._rows.pop(key, None)
        if before is not None:
            self._unfile(key)
            self._changed(self, key, before, None)

    def _unfile(self, key: str) -> None:
        contact, number = self._filed.pop(key, (None, None))
        if contact:
            self._by_contact[contact].pop(key, None)
        if number:
            self._by_number[number].pop(key, None)


class Books:
    """The tables of one organisation."""

    def __init__(self, tenant_id: str, changed: Changed) -> None:
        self.tenant_id = tenant_id
        self.tables = {
            name: Table(f"{tenant_id}/{name}", key, number, owned, changed) for name, key, number, owned in SHAPES
        }

    def __getitem__(self, name: str) -> Table:
        return self.tables[name]

    @property
    def organisation(self) -> Record:
        """The organisation itself, in Xero's words."""
        return self["Organisations"].all()[0]

    @property
    def base_currency(self) -> str:
        """The organisation's own currency."""
        return str(self.organisation["BaseCurrency"])


class Store:
    """Every organisation's books and what the log-in server remembers."""

    def __init__(self, state_file: str | Path | None = None) -> None:
        self.lock = threading.RLock()
        self._dirty: dict[tuple[str, str], Record | None] = {}
        self._undo: list[tuple[Table, str, Record | None]] | None = None
        self._seen: dict[tuple[str, str], tuple[Table, Record | None, Record | None]] = {}
        self._watchers: list[Watcher] = []
        self._file = StateFile(state_file) if state_file is not None else None
        self.books: dict[str, Books] = {}
        self.oauth = {name: Table(f"/{name}", "id", None, False, self._changed) for name in OAUTH_TABLES}
        if self._file is not None:
            self._load(self._file.rows())

    def add_books(self, tenant_id: str) -> Books:
        """Open books for a new organisation."""
        return self.books.setdefault(tenant_id, Books(tenant_id, self._changed))

    def watch(self, watcher: Watcher) -> None:
        """Tell this one of every record that is changed from now on, once the work that changed it is done."""
        self._watchers.append(watcher)

    @contextmanager
    def work(self) -> Iterator[None]:
        """Hold the lock; write through what changed on the way out."""
        with self.lock:
            try:
                yield
            finally:
                self._flush()

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Within `work()`: keep everything that is changed inside, or after an exception nothing of it."""
        self._undo = []
        try:
            yield
        except Exception:
            for table, key, before in self._undo[::-1]:
                if before is None:
                    table.drop(key)
                else:
                    table.put(before)
            raise
        finally:
            self._undo = None

    def close(self) -> None:
        """Let go of the state file."""
        with self.lock:
            self._flush()
            if self._file is not None:
                self._file.close()
                self._file = None

    def _changed(self, table: Table, key: str, before: Record | None, after: Record | None) -> None:
        if self._undo is not None:
            self._undo.append((table, key, before))
        if self._watchers:
            first = self._seen.get((table.space, key), (table, before, after))[1]
            self._seen[table.space, key] = (table, first, after)
        if self._file is not None:
            self._dirty[table.space, key] = after

    def _flush(self) -> None:
        if self._dirty and self._file is not None:
            self._file.write((space, key, record) for (space, key), record in self._dirty.items())
        self._dirty.clear()
        self._tell()

    def _tell(self) -> None:
        if self._undo is not None:  # it may all be undone yet
            return
        seen, self._seen = self._seen, {}
        for table, before, after in seen.values():
            for watcher in self._watchers:
                watcher(table, before, after)

    def _load(self, rows: Iterable[tuple[str, str, Record]]) -> None:
        for space, _, record in rows:
            tenant, _, name = space.partition("/")
            table = self.add_books(tenant)[name] if tenant else self.oauth[name]
            table.put(record)
        self._dirty.clear()
