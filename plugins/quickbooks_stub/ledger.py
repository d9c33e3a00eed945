"""The toy ledger behind the stub: the toy company, what it was given, and QuickBooks' rules for writing.

Answers and refusals are in QuickBooks' own words (`Row`, `Fault`). What the ledger is given goes to a store: the
memory of this process, or a JSON file that several processes may use at once.
"""

from __future__ import annotations

import copy
import fcntl
import json
import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from core import Clock
from plugins.quickbooks_stub import company
from plugins.quickbooks_stub.company import Row

NOT_FOUND, STALE, DUPLICATE_NAME, INVALID = "610", "5010", "6240", "2500"
_PARTIES = ("Customer", "Vendor")
_LARGEST = Decimal("99999999999")


class Fault(Exception):
    """QuickBooks' refusal: its code, what is wrong at which element, and for a duplicate name who has it."""

    def __init__(self, code: str, errors: Sequence[tuple[str, str]], existing: str = "") -> None:
        super().__init__("; ".join(message for _, message in errors))
        self.code = code
        self.errors = tuple(errors)
        self.existing = existing


class Store(Protocol):
    """Where the ledger keeps what it was given: ``{"rows": {key: row}, "requests": {request id: key}}``."""

    def read(self) -> dict[str, Any]:
        """All that was given so far; the reader may change it freely."""

    def change(self) -> AbstractContextManager[dict[str, Any]]:
        """The same, alone with it; kept when the block ends well. Raises OSError when it cannot be kept."""


class MemoryStore:
    """Keeps what it is given as long as the process lives; safe between threads."""

    def __init__(self) -> None:
        self._given = _nothing()
        self._lock = threading.Lock()

    def read(self) -> dict[str, Any]:
        """A copy of all that was given."""
        with self._lock:
            return copy.deepcopy(self._given)

    @contextmanager
    def change(self) -> Iterator[dict[str, Any]]:
        """A copy that replaces what was given when the block ends well."""
        with self._lock:
            given = copy.deepcopy(self._given)
            yield given
            self._given = given


class FileStore:
    """Keeps what it is given in a JSON file: one writer at a time, readers always see a whole file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, Any]:
        """What the file holds; nothing when there is none. Raises OSError when it cannot be understood."""
        try:
            given = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return _nothing()
        except ValueError as error:
            raise OSError(f"{self._path} is no ledger file: {error}") from error
        if not isinstance(given, dict) or not _nothing().keys() <= given.keys():
            raise OSError(f"{self._path} is no ledger file: it holds something else")
        return given

    @contextmanager
    def change(self) -> Iterator[dict[str, Any]]:
        """Read, let the block change it and write, under a lock that every process respects."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_name(self._path.name + ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # let go when the file is closed, even by a crash
            given = self.read()
            yield given
            self._replace(json.dumps(given, indent=1, ensure_ascii=False))

    def _replace(self, text: str) -> None:
        """Write beside the file and move over it: whoever reads meets the old or the new, never a half."""
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name + ".")
        try:
            with open(handle, "w", encoding="utf-8") as beside:
                beside.write(text)
                beside.flush()
                os.fsync(beside.fileno())
            os.replace(name, self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


class Ledger:
    """The toy QuickBooks company at this moment: read everything, create and update under QuickBooks' rules."""

    def __init__(self, clock: Clock, store: Store) -> None:
        self._clock = clock
        self._store = store

    def parties(self) -> dict[str, Row]:
        """Customers and vendors by key."""
        return company.parties() | self._given(parties=True)

    def documents(self) -> dict[str, Row]:
        """Invoices, bills, credits and estimates by id; deleted ones are there and say so."""
        return company.documents(self._clock.now()) | self._given(parties=False)

    def create(self, row: Row, request: str) -> Row:
        """Take in a customer or an estimate. The same request id again gives what it made the first time."""
        with self._store.change() as given:
            if request in given["requests"]:
                return _row(given["rows"][given["requests"][request]])
            self._check(row, given)
            number = 100001 + len(given["rows"])
            if row["Type"] in _PARTIES:
                key = row["Key"] = f"{row['Type'].lower()}-{number}"
            else:
                key = row["Id"] = row["DocNumber"] = str(number)
            return self._keep(given, key, row | {"SyncToken": "0"}, request)

    def update(self, key: str, token: str, words: Row, request: str) -> Row:
        """Change what stands under `key`, unless somebody changed it since sync token `token` was read."""
        with self._store.change() as given:
            if request and request in given["requests"]:
                return _row(given["rows"][given["requests"][request]])
            current = (company.parties() | company.documents(self._clock.now()) | given["rows"]).get(key)
            if current is None or current.get("status") == "Deleted":
                raise Fault(NOT_FOUND, [("", f"Object Not Found: {key}")])
            if current["SyncToken"] != token:
                raise Fault(STALE, [("", "Stale Object Error: somebody else has changed it")])
            row = current | words
            self._check(row, given)
            return self._keep(given, key, row | {"SyncToken": str(int(token) + 1)}, request)

    def _keep(self, given: dict[str, Any], key: str, row: Row, request: str) -> Row:
        if "Line" in row:
            company.priced(row)
        row["LastUpdatedTime"] = self._clock.now().isoformat()
        given["rows"][key] = row
        if request:
            given["requests"][request] = key
        return _row(row)

    def _given(self, *, parties: bool) -> dict[str, Row]:
        rows: dict[str, Row] = self._store.read()["rows"]
        return {key: row for key, row in rows.items() if (row["Type"] in _PARTIES) is parties}

    def _check(self, row: Row, given: dict[str, Any]) -> None:
        """Refuse what QuickBooks would refuse, everything at once."""
        everybody = company.parties() | {k: r for k, r in given["rows"].items() if r["Type"] in _PARTIES}
        if row["Type"] in _PARTIES:
            _check_name(row, everybody)
        elif row.get("status") != "Deleted":
            errors = [*_document_errors(row, everybody.get(row["PartyRef"])), *_line_errors(row["Line"])]
            if errors:
                raise Fault(INVALID, errors)


def _nothing() -> dict[str, Any]:
    return {"rows": {}, "requests": {}}


def _row(row: Row) -> Row:
    return copy.deepcopy(row)


def _check_name(row: Row, everybody: dict[str, Row]) -> None:
    name = row["DisplayName"].strip()
    if not name or len(name) > 100 or ":" in name:
        raise Fault(INVALID, [("DisplayName", "The name must have 1 to 100 characters and no colon")])
    for key, other in everybody.items():
        if key != row.get("Key") and other["DisplayName"].casefold() == name.casefold():
            raise Fault(DUPLICATE_NAME, [("DisplayName", "The name supplied already exists")], existing=key)


def _document_errors(row: Row, party: Row | None) -> Iterator[tuple[str, str]]:
    if party is None or party["Type"] != "Customer":
        yield "CustomerRef", "Invalid Reference Id: an estimate needs a customer"
    elif not party["Active"]:
        yield "CustomerRef", "The customer is inactive: make it active first"
    elif party["CurrencyRef"] != row["CurrencyRef"]:
        yield "CurrencyRef", f"This customer trades in {party['CurrencyRef']} only"
    if row["DueDate"] and datetime.fromisoformat(row["DueDate"]) < datetime.fromisoformat(row["TxnDate"]):
        yield "ExpirationDate", "The expiration date is before the date of the estimate"
    if not row["Line"]:
        yield "Line", "Required param missing: at least one line"


def _line_errors(lines: Sequence[Row]) -> Iterator[tuple[str, str]]:
    sold = {item["Id"] for item in company.ITEMS if item.get("Active", True) and "IncomeAccountRef" in item}
    codes = {code["Id"] for code in company.TAX_CODES if code["Active"]}
    for place, line in enumerate(lines):
        if not line["ItemRef"]:
            yield f"Line.{place}.ItemRef", "Required param missing: a line needs an item"
        elif line["ItemRef"] not in sold:
            yield f"Line.{place}.ItemRef", "Invalid Reference Id: this item cannot be sold"
        if line["TaxCodeRef"] and line["TaxCodeRef"] not in codes:
            yield f"Line.{place}.TaxCodeRef", "Invalid Reference Id: this tax code cannot be used"
        amount = Decimal(line["Qty"]) * Decimal(line["UnitPrice"])
        if not amount.is_finite() or abs(amount) > _LARGEST:
            yield f"Line.{place}.UnitPrice", "Number out of range: quantity times price is too large"
        if Decimal(line.get("DiscountPercent", "0")):
            yield f"Line.{place}.DiscountPercent", "A line has no discount in QuickBooks: lower the unit price"
