"""What is not to be seen is not sent to the browser."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from core.contract.clock import SystemClock
from core.db import Database
from core.users.models import Role, User
from tests.browser.conftest import Enter
from tests.browser.house import House
from tests.browser.roads import link_party, open_record, open_xero_tab

pytestmark = pytest.mark.browser
AORAKI = "Aoraki Outdoor Co"
AMOUNT = re.compile(r"(NZ|AU|US)\$|£\s?\d|\d\.\d\d\b")


@pytest.fixture
def front_desk(shared_house: House) -> str:
    """The log-in of somebody whose role may see how things stand, and no amount."""
    db = Database(f"sqlite:///{shared_house.home / 'ledgertab.db'}")
    with db.begin() as session:
        role = Role(key="front_desk", title="Front desk", rights=["accounting.see_status"])
        session.add(role)
        session.flush()
        known = session.scalars(select(User).where(User.login == "reader")).one()
        session.add(
            User(
                login="front",
                name="Kim Faleafa",
                email="kim@kereru.example",
                password_hash=known.password_hash,
                role_id=role.id,
                created_at=SystemClock().now(),
            )
        )
    db.engine.dispose()
    return "front"


def test_who_may_see_the_state_only_is_sent_no_amount(shared_house: House, front_desk: str, enter: Enter) -> None:
    sales = enter(shared_house, "sales")
    open_xero_tab(sales, "organizations", AORAKI)
    link_party(sales, AORAKI)
    sales.sees("12-month value")
    assert AMOUNT.search(sales.page.content())
    path = sales.path
    front = enter(shared_house, front_desk)
    front.expected = {403}
    open_xero_tab(front, "organizations", AORAKI)
    front.sees("Your role shows the state, not the amounts.")
    assert AMOUNT.search(front.page.content()) is None
    assert "INV-" not in front.page.content()
    for hidden in (f"{path}/explain/overdue?connection=1", f"{path}/find?q=INV", f"{path}/draft"):
        front.go(hidden)
        front.sees("403")
        assert AMOUNT.search(front.page.content()) is None


def test_a_reader_has_no_tab_and_no_way_to_it(shared_house: House, enter: Enter) -> None:
    reader = enter(shared_house, "reader")
    reader.expected = {403}
    open_record(reader, "organizations", AORAKI)
    reader.expect(reader.page.locator("nav.tabs")).not_to_contain_text("Xero")
    reader.expect(reader.page.get_by_role("link", name="Accounting")).to_have_count(0)
    for hidden in ("/organizations/1/tabs/xero", "/admin/accounting", "/accounting/drafts"):
        reader.go(hidden)
        reader.sees("403")
