"""A draft in doubt: every key it went out under is looked up, before it is sent again and before it is deleted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from core import ManualClock
from core.accounting import connections, drafts, intents, sending
from core.accounting.models import Draft
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser
from tests.core.accounting.drafting import (
    LOOKS,
    WRITES,
    books,
    draft_form,
    pass_time,
    press,
    puts,
    send,
    state,
    the_draft,
)


@pytest.mark.parametrize(
    ("version", "doubt", "keys"),
    [
        (1, False, ["k"]),
        (3, False, ["k-3"]),
        (1, True, ["k"]),
        (3, True, ["k-3", "k-2", "k"]),
    ],
)
def test_in_doubt_every_key_it_went_out_under_is_looked_up(version: int, doubt: bool, keys: list[str]) -> None:
    assert intents.keys_sent(Draft(key="k", version=version, in_doubt=doubt)) == keys


@pytest.fixture
def taken_back(sales: Browser, services: Services, sandbox: Sandbox, queued: str, clock: ManualClock) -> str:
    """The key of a draft whose first send got no answer and whose second was throttled, taken back while it waited."""
    sandbox.faults.add("drop-before", times=1, **WRITES)
    sandbox.faults.add("429-minute", times=1, **WRITES)
    services.jobs.drain()
    pass_time(services, clock, seconds=75)
    assert (state(services, queued), puts(sandbox)) == ("queued", 2)
    press(sales.get(f"/accounting/drafts/{queued}"), "back")
    return queued


@pytest.mark.slow
def test_one_taken_back_in_doubt_is_not_deleted_and_the_page_says_why(
    sales: Browser, services: Services, taken_back: str
) -> None:
    page = sales.get(f"/accounting/drafts/{taken_back}")
    assert "Nothing of it is in Xero" not in page
    assert "Saved, not sent again" in page
    assert "it may be in Xero all the same" in page
    assert page.html.find("form", action=f"/accounting/drafts/{taken_back}/delete") is None
    told = sales.send(f"/accounting/drafts/{taken_back}/delete", status=303).follow()
    assert "Not deleted: what became of an earlier send is not known." in told
    assert state(services, taken_back) == "open"


@pytest.mark.slow
def test_what_the_first_send_made_after_all_is_found_while_it_stands_there(
    sales: Browser, services: Services, sandbox: Sandbox, taken_back: str, clock: ManualClock
) -> None:
    clock.advance(seconds=60)
    draft = the_draft(services, taken_back)
    drafts.DEED.send(services, connections.open_provider(services, draft.connection_id), draft)
    press(sales.get(f"/accounting/drafts/{taken_back}"), "look")
    services.jobs.drain()
    assert state(services, taken_back) == "made"
    assert the_draft(services, taken_back).document_id == books(sandbox, taken_back)[0]["InvoiceID"]


@pytest.mark.slow
def test_once_it_was_not_there_long_after_the_last_send_it_can_be_deleted(
    sales: Browser, services: Services, sandbox: Sandbox, taken_back: str, clock: ManualClock
) -> None:
    last = the_draft(services, taken_back).sent_at
    assert last is not None
    while clock.now() < last + sending.SETTLED - timedelta(seconds=15):
        pass_time(services, clock, seconds=15)
        assert the_draft(services, taken_back).in_doubt
    pass_time(services, clock, seconds=60)
    page = sales.get(f"/accounting/drafts/{taken_back}")
    assert "Nothing of it is in Xero" in page
    assert "Deleted. It is not in Xero." in press(page, "delete").follow()
    with services.db.read() as session:
        assert session.scalars(select(Draft)).all() == []
    assert (puts(sandbox), books(sandbox, taken_back)) == (2, [])


@pytest.mark.slow
def test_a_look_up_that_fails_settles_nothing_and_what_is_saved_meanwhile_is_looked_up_too(
    sales: Browser, services: Services, sandbox: Sandbox, taken_back: str, clock: ManualClock
) -> None:
    sandbox.faults.add("500", **LOOKS)
    form = draft_form(sales.get(f"/accounting/drafts/{taken_back}/edit"))
    form["lines-0-description"] = "Another hood"
    form.submit("action", value="save", status=303)
    pass_time(services, clock, seconds=sending.SETTLED.total_seconds() + 60)
    draft = the_draft(services, taken_back)
    assert (draft.state, draft.version, draft.in_doubt) == ("open", 2, True)
    sandbox.faults.clear()
    pass_time(services, clock, seconds=sending.SETTLED.total_seconds() + 60)
    assert not the_draft(services, taken_back).in_doubt
    send(sales.get(f"/accounting/drafts/{taken_back}/edit"))
    services.jobs.drain()
    assert [one["LineItems"][0]["Description"] for one in books(sandbox, taken_back)] == ["Another hood"]
