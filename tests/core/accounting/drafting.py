"""What the tests of drafts share: a sales person at the form, and a look into the books of the sandbox."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from core import ManualClock
from core.accounting import drafts, sending
from core.accounting.models import Draft
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser, LogIn
from tests.story.conftest import Connect

WRITES: dict[str, Any] = {"method": "PUT", "path": "/api.xro/2.0/Invoices"}
LOOKS: dict[str, Any] = {"method": "GET", "path": "/api.xro/2.0/Invoices"}
HOUR = 3600


@pytest.fixture
def sales(connect: Connect, log_in: LogIn, services: Services, harbour: str) -> Browser:
    """A sales person's browser; the organization is linked and the lists are read."""
    connect()
    browser = log_in("sales")
    link_harbour(browser, services, harbour)
    return browser


@pytest.fixture
def queued(sales: Browser, refit: str) -> str:
    """The key of a draft that was just sent: its job waits in the queue."""
    page = open_form(sales, refit)
    fill(draft_form(page))
    return key_in(send(page).location)


def link_harbour(browser: Browser, services: Services, harbour: str) -> None:
    """Link the organization to the contact that the suggestion names."""
    page = browser.get(f"{harbour}/tabs/xero")
    next(form for form in page.forms.values() if form.action.endswith("/link")).submit(status=303)
    services.jobs.drain()


def open_form(browser: Browser, record: str, query: str = "", *, provider: str = "xero") -> Any:
    """A new form for a record, as the button leads to it; `query` as in an address."""
    return browser.get(f"{record}/tabs/{provider}/draft{query}", status=303).follow()


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


def pass_time(services: Services, clock: ManualClock, *, seconds: float, deed: Any = drafts.DEED) -> None:
    """Let time pass as a worker would live it: sweep every 15 seconds and do what is queued."""
    left = seconds
    while left > 0:
        clock.advance(seconds=min(15, left))
        left -= 15
        sending.sweep(services, deed)
        services.jobs.drain()


def puts(sandbox: Sandbox) -> int:
    """How many times an invoice was sent."""
    return sandbox.calls.counts().get("PUT /api.xro/2.0/Invoices", 0)


def state(services: Services, key: str) -> str:
    """Where the draft of that key stands."""
    return the_draft(services, key).state


def button(page: Any, value: str) -> Any:
    """Press a button of the form that sends nothing, as a browser without scripts does."""
    found = page.html.find("button", {"name": "action", "value": value})
    form = draft_form(page)
    return page.test_app.post(found["formaction"], fields_of(form, value))


def press(page: Any, deed: str) -> Any:
    """Press a button of the page of one draft."""
    return next(form for form in page.forms.values() if form.action.endswith(f"/{deed}")).submit(status=303)
