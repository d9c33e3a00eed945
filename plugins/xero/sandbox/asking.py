"""One call to the accounting API, as the endpoints see it: no web framework inside."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from plugins.xero.sandbox import xml_body
from plugins.xero.sandbox.envelope import no_data, unreadable
from plugins.xero.sandbox.listing import Query
from plugins.xero.sandbox.state import State
from plugins.xero.sandbox.store import Books
from plugins.xero.sandbox.wire import BadValue, Record, decoded, milliseconds, read_flag

ZONES = {
    "NEWZEALANDSTANDARDTIME": ZoneInfo("Pacific/Auckland"),
    "AUSEASTERNSTANDARDTIME": ZoneInfo("Australia/Sydney"),
}
MOST_ELEMENTS = 50


def local_day(now: datetime, books: Books) -> str:
    """The date at an organisation's own place, ISO."""
    return now.astimezone(ZONES[books.organisation["Timezone"]]).date().isoformat()


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: the body's bytes, the status, the kind of content."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"


@dataclass(frozen=True)
class Ask:
    """One call: whose, to which organisation, for what."""

    state: State
    books: Books
    method: str
    parts: list[str]
    query: Query
    headers: Mapping[str, str]
    raw: bytes
    client: str
    user: str | None
    now: datetime

    @property
    def ms(self) -> int:
        """Now, in milliseconds UTC: what UpdatedDateUTC becomes."""
        return milliseconds(self.now)

    @property
    def today(self) -> str:
        """The organisation's own date, ISO."""
        return local_day(self.now, self.books)

    @property
    def places(self) -> int:
        """Decimal places of unit prices: two, or four with `unitdp=4`."""
        return 4 if self.query.number("unitdp") == 4 else 2

    def flag(self, name: str, *, otherwise: bool = False) -> bool:
        """A flag of the query."""
        return read_flag(self.query.text(name), otherwise=otherwise)

    def elements(self, name: str) -> list[Record]:
        """The objects of the body: `{"Invoices": [...]}`, `[...]` or one object. Raises Refused (400)."""
        if not self.raw.strip():
            raise no_data(name)
        try:
            raw = self.raw.removeprefix(BOM_UTF8)
            body = xml_body.read(raw) if xml_body.looks_like_xml(raw) else decoded(raw)
        except BadValue as error:
            raise unreadable(str(error)) from error
        rows = self._rows(body, name)
        if not rows or not all(isinstance(row, dict) for row in rows):
            raise no_data(name)
        if len(rows) > MOST_ELEMENTS:
            raise unreadable(f"no more than {MOST_ELEMENTS} elements are taken at once")
        return rows

    def _rows(self, body: Any, name: str) -> list[Any]:
        if isinstance(body, list):
            return body
        if not isinstance(body, dict):
            return []
        wrapped: Any = next((body[key] for key in body if key.lower() == name.lower()), body or [])
        return wrapped if isinstance(wrapped, list) else [wrapped]
