"""One list, as any of Xero's endpoints gives it: filtered, ordered, cut into pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from math import ceil
from typing import Any

from plugins.xero.sandbox.balances import sides
from plugins.xero.sandbox.envelope import bad_argument, bad_query
from plugins.xero.sandbox.fields import FIELDS
from plugins.xero.sandbox.store import Books
from plugins.xero.sandbox.where import compiled
from plugins.xero.sandbox.wire import Record, milliseconds, read_id

LARGEST_PAGE = 1000
USUAL_PAGE = 100
LARGEST_NUMBER = 2**31 - 1
_DIGITS = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class Page:
    """The rows to show and, when pages were asked for, Xero's `pagination`."""

    rows: list[Record]
    pagination: Record | None

    @property
    def paged(self) -> bool:
        """Whether the caller asked for pages, and so gets the full rows."""
        return self.pagination is not None


class Query:
    """The query parameters of a request, whatever the case of their names."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in values.items():
            self._values.setdefault(name.lower(), []).append(value.strip())

    def text(self, name: str) -> str:
        """The parameter's text, the last one where it is repeated, or nothing."""
        return self._values.get(name.lower(), [""])[-1]

    def words(self, name: str) -> list[str]:
        """A comma-separated or repeated parameter, each word once; quotes around a word are set aside."""
        raw = ",".join(self._values.get(name.lower(), ())).split(",")
        return list(dict.fromkeys(word for each in raw if (word := each.strip().strip('"'))))

    def ids(self, name: str) -> list[str]:
        """A comma-separated list of ids, as records are filed under them."""
        return [read_id(word) for word in self.words(name)]

    def number(self, name: str) -> int | None:
        """A whole number in digits, as .NET's Int32 holds it. Raises Refused (400) for anything else."""
        text = self.text(name)
        if not text:
            return None
        if not _DIGITS.fullmatch(text) or int(text) > LARGEST_NUMBER:
            raise bad_argument(f"The value '{text}' is not valid for {name}.")
        return int(text)


def resolve(books: Books, record: Record, path: str) -> Any:
    """A field of a record; those of its contact, and which side a contact is on, are looked up.

    A record that says nothing of attachments has none.
    """
    head, _, tail = path.partition(".")
    if head in {"IsCustomer", "IsSupplier"}:
        return sides(books, record["ContactID"])[head == "IsSupplier"]
    if head == "HasAttachments":
        return bool(record.get(head))
    value = record.get(head)
    if not tail:
        return value
    if head == "Contact" and isinstance(value, dict):
        value = books["Contacts"].get(value.get("ContactID"))
    return resolve(books, value, tail) if isinstance(value, dict) else None


def modified_since(header: str | None) -> int | None:
    """Milliseconds of an If-Modified-Since header, ISO or HTTP date, cut to seconds, UTC. Raises Refused (400)."""
    if not header:
        return None
    text = header.strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError as error:
            raise bad_argument(f"The If-Modified-Since header '{text}' is not a date.") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return milliseconds(moment.replace(microsecond=0))


def since(rows: Iterable[Record], header: str | None) -> list[Record]:
    """The records changed at that moment or after it."""
    limit = modified_since(header)
    if limit is None:
        return list(rows)
    return [row for row in rows if row.get("UpdatedDateUTC", limit) >= limit]


def matching(books: Books, endpoint: str, rows: list[Record], where: str) -> list[Record]:
    """The records for which the `where` holds."""
    if not where:
        return rows
    test = compiled(where, endpoint, partial(resolve, books))
    return [row for row in rows if test(row)]


def ordered(books: Books, endpoint: str, rows: list[Record], order: str) -> list[Record]:
    """Sorted by `Field [ASC|DESC], …`; missing values come first. Raises Refused (400)."""
    known = {field.lower(): field for field in FIELDS[endpoint]}
    for part in reversed([each.split() for each in order.split(",") if each.strip()]):
        field = known.get(part[0].lower())
        way = part[1].lower() if len(part) > 1 else "asc"
        if field is None or way not in {"asc", "desc", "ascending", "descending"} or len(part) > 2:
            kind = endpoint.removesuffix("s")
            raise bad_query(f"No property or field '{' '.join(part)}' exists in type '{kind}'")
        rows = sorted(rows, key=partial(_rank, books, field), reverse=way.startswith("desc"))
    return rows


def _rank(books: Books, field: str, row: Record) -> tuple[bool, Any]:
    value = resolve(books, row, field)
    if isinstance(value, str):
        value = value.casefold()
    return (value is not None, value if value is not None else 0)


def paged(rows: list[Record], query: Query) -> Page:
    """The page that was asked for, or everything. Raises Refused (400) for a page 0 and for a page size over 1000."""
    page, size = query.number("page"), query.number("pageSize")
    if page is None and size is None:
        return Page(rows, None)
    if page == 0:
        raise bad_argument("The value '0' is not valid for page.")
    page, size = page or 1, USUAL_PAGE if size is None else size
    if not 1 <= size <= LARGEST_PAGE:
        raise bad_argument(f"The pageSize must be between 1 and {LARGEST_PAGE}.")
    first = (page - 1) * size
    counts = {"page": page, "pageSize": size, "pageCount": ceil(len(rows) / size), "itemCount": len(rows)}
    return Page(rows[first : first + size], counts)
