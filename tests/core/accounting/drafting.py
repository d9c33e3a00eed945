"""What the tests of drafts share: a sales person at the form, and a look into the books of the sandbox."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from core import ManualClock
from core.accounting import drafts, sending
from core.accounting.models import Draft
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


def link_harbour(browser: Browser, services: Services, harbour: str) -> None:
    """Link the organization to the contact that the suggestion names."""
    page = browser.get(f"{harbour}/tabs/xero")
    next(form for form in page.forms.values() if form.action.endswith("/link")).submit(status=303)
    services.jobs.drain()


def draft_form(page: Any) -> Any:
    """The form of the page."""
    return page.forms["draft-form"]


def fill(form: Any, *, description: str = "Extraction hood", price: str = "6,400.00", **fields: str) -> Any:
    """One line that can be sent, and further fields by name (``lines_0_quantity``)."""
    form["lines-0-description"] = description
    form["lines-0-unit_price"] = price
    form["lines-0-account"] = "200"
    for name, value in fields.items():
        form[name.replace("lines_0_", "lines-0-")].force_value(value)
    return form


def fields_of(form: Any, action: str) -> list[tuple[str, str]]:
    """What a browser would post on that button."""
    return [*((name, value) for name, value in form.submit_fields() if name != "action"), ("action", action)]


def send(page: Any) -> Any:
    """Press the main button."""
    return draft_form(page).submit("action", value="send")


def books(sandbox: Sandbox, key: str) -> list[dict[str, Any]]:
    """Every invoice in the sandbox's books that carries the mark of this draft, whatever its state."""
    return [one for one in sandbox.records("Invoices") if key in (one.get("Url") or "")]


def the_draft(services: Services, key: str = "") -> Draft:
    """The draft of a key, or the only one there is."""
    with services.db.read() as session:
        wanted = select(Draft).where(Draft.key == key) if key else select(Draft)
        return session.scalars(wanted).one()


def key_in(location: str) -> str:
    """The key at the end of an address."""
    return location.rstrip("/").rpartition("/")[2]


def pass_time(services: Services, clock: ManualClock, *, seconds: float) -> None:
    """Let time pass as a worker would live it: sweep every 15 seconds and do what is queued."""
    left = seconds
    while left > 0:
        clock.advance(seconds=min(15, left))
        left -= 15
        sending.sweep(services, drafts.DEED)
        services.jobs.drain()


def money(text: str) -> Decimal:
    """A Decimal."""
    return Decimal(text)
