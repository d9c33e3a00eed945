"""What the tests of changed drafts share: a draft that was made, and the way to its form."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from core import ManualClock
from core.accounting.models import DraftChange
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser
from tests.core.accounting.drafting import books, draft_form

WRITES: dict[str, Any] = {"method": "POST", "path": "/api.xro/2.0/Invoices/"}


@pytest.fixture
def made(services: Services, queued: str) -> str:
    """The key of a draft that is in the books."""
    services.jobs.drain()
    return queued


def begin(browser: Browser, key: str, deed: str = "change") -> Any:
    """Press *Change* or *Delete* on the page of a made draft: the form, or the question."""
    page = browser.get(f"/accounting/drafts/{key}")
    form = next(form for form in page.forms.values() if "deed" in form.fields and form["deed"].value == deed)
    return form.submit(status=303).follow()


def send(page: Any) -> Any:
    """Send the form of a change: its page."""
    return draft_form(page).submit("action", value="send", status=303)


def press(page: Any, deed: str) -> Any:
    """Press a button of the page of a change."""
    return next(form for form in page.forms.values() if form.action.endswith(f"/{deed}")).submit(status=303)


def invoice(sandbox: Sandbox, key: str) -> dict[str, Any]:
    """The invoice of a draft in the sandbox's books."""
    (found,) = books(sandbox, key)
    return found


def the_change(services: Services) -> DraftChange:
    """The latest change there is."""
    with services.db.read() as session:
        return session.scalars(select(DraftChange).order_by(DraftChange.id.desc())).first()  # type: ignore[return-value]


def edit_there(
    sandbox: Sandbox, clock: ManualClock, key: str, *, line: dict[str, Any] | None = None, **head: Any
) -> None:
    """Somebody changes the draft in the books by hand, a moment later; `line` goes into its first line."""
    clock.advance(seconds=1)
    kept = invoice(sandbox, key)
    element = dict(head)
    if line is not None:
        ids = [{"LineItemID": one["LineItemID"]} for one in kept["LineItems"]]
        first = kept["LineItems"][0]
        element["LineItems"] = [{**_line(first), **line}, *map(dict, ids[1:])]
    sandbox.deeds.edit(kept["InvoiceID"], element)


def _line(kept: dict[str, Any]) -> dict[str, Any]:
    names = (
        "LineItemID",
        "Description",
        "Quantity",
        "UnitAmount",
        "DiscountRate",
        "AccountCode",
        "TaxType",
        "ItemCode",
    )
    return {name: kept[name] for name in names if kept.get(name) is not None}


def posts(sandbox: Sandbox) -> int:
    """How often a document was written over."""
    return sum(1 for call in sandbox.calls.all() if call.method == "POST" and "/api.xro/2.0/Invoices/" in call.path)
