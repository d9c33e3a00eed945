"""One document, party or list that is wrong keeps no other back, and no figure lacks a document silently."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update

from core import (
    Capability,
    Change,
    ChoiceKind,
    Document,
    DocumentKind,
    DocumentStatus,
    Line,
    Page,
    Party,
    Ref,
    Throttled,
)
from core.accounting.models import Connection, DocumentRow, UnreadDocument
from core.accounting.reading import PORTION
from core.accounting.snapshot import choices
from core.contract.values import Change as Changed
from core.services import Services
from tests.conftest import LogIn
from tests.core.conftest import Make
from tests.core.pages import words
from tests.testing.desk import Desk, desk, extra, house, ini, make
from tests.testing.stranger import KEY, Ledgerhouse, invoice

__all__ = ["desk", "extra", "house", "ini", "make"]

pytestmark = pytest.mark.slow
UNREADABLE = "What the accounting system told could not be read."
ONE = "1 document could not be read. What is shown may lack it"
ODD: dict[str, dict[str, Any]] = {
    "a quantity of five decimals": {"lines": (Line("Bread", quantity=Decimal("0.33333")),)},
    "an item that turns text around": {"lines": (Line("Bread", item="\u202aABC"),)},
    "a total below zero": {"status": DocumentStatus.SUBMITTED, "total": Decimal("-777.77")},
    "a rate of nothing": {"currency": "USD", "rate": Decimal(0)},
    "a version that is too long": {"ref": Ref("2", "7" * 101)},
}


@pytest.fixture(params=["with a feed", "without a feed"])
def fed(request: pytest.FixtureRequest, desk: Desk, house: Ledgerhouse) -> Desk:
    """The desk of a backend that tells what changed, and of one that does not."""
    if request.param == "with a feed":
        feed(house)
        desk.later()
    return desk


def feed(house: Ledgerhouse) -> None:
    house.spoilt["capabilities"] = lambda claimed: claimed | {Capability.CHANGES}


def admin_page(desk: Desk) -> str:
    return words(desk.browser.get("/admin/accounting"))


@pytest.mark.parametrize("what", list(ODD))
def test_a_wrong_document_is_told_on_its_tab_and_the_others_go_on(fed: Desk, house: Ledgerhouse, what: str) -> None:
    house.documents["2"] = replace(invoice(2, "777.77"), **ODD[what])
    house.documents["1"] = invoice(1, "115.00", amount_due=Decimal("15.00"))
    tab = fed.later()
    assert "Outstanding NZ$ 15.00" in tab
    assert ONE in tab
    assert UNREADABLE not in tab
    assert "777.77" not in tab
    assert "Could not be read 1 document;" in admin_page(fed)
    assert "777.77" not in admin_page(fed)
    assert "Malformed: Document A-2: " in fed.plugins()
    house.documents["2"] = invoice(2, "10.00")
    assert "Outstanding NZ$ 25.00" in (tab := fed.later())
    assert "could not be read" not in tab
    assert "Could not be read" not in admin_page(fed)


def test_what_was_held_and_cannot_be_read_any_more_stays_as_it_was(fed: Desk, house: Ledgerhouse) -> None:
    house.documents["1"] = invoice(1, "115.00", rate=Decimal(0))
    for _ in range(3):
        tab = fed.later()
        assert "Outstanding NZ$ 115.00" in tab
        assert ONE in tab
        fed.clock.advance(dt.timedelta(days=1))


def test_of_a_contact_that_nobody_linked_only_the_admin_hears_until_it_is_linked(
    desk: Desk, house: Ledgerhouse, make: Make
) -> None:
    feed(house)
    house.parties["8"] = Party(Ref("8"), "Odd Ltd")
    house.documents["2"] = invoice(2, "777.77", party_id="8", rate=Decimal(0))
    house.documents["1"] = invoice(1, "115.00", amount_due=Decimal("15.00"))
    desk.later()
    tab = desk.later()
    assert "Outstanding NZ$ 15.00" in tab
    assert "could not be read" not in tab
    assert "Could not be read 1 document;" in admin_page(desk)
    other = f"/organizations/{make('organizations', name='Odd')}/tabs/{KEY}"
    desk.browser.send(f"{other}/link", {"connection": "1", "party": "8"}, status=303)
    desk.services.jobs.drain()
    assert ONE in words(desk.browser.get(other))
    assert "could not be read" not in desk.tab()


def test_a_wrong_bill_is_nothing_to_who_may_not_see_bills(desk: Desk, house: Ledgerhouse, log_in: LogIn) -> None:
    house.documents["2"] = invoice(2, "777.77", kind=DocumentKind.BILL, rate=Decimal(0))
    assert ONE in desk.later()
    sales = log_in("sales")
    page = words(sales.get(desk.path))
    assert "Bills" not in page
    assert "could not be read" not in page


def test_a_plugin_that_was_mended_is_asked_again_though_the_document_did_not_change(
    desk: Desk, house: Ledgerhouse
) -> None:
    feed(house)
    desk.later()
    house.documents["2"] = invoice(2, "10.00")
    house.spoilt["changes"] = lambda page: Page([_rated(one) for one in page.items], page.cursor)
    assert ONE in desk.later()
    house.spoilt["changes"] = lambda page: Page([one for one in page.items if one.party], page.cursor)
    assert ONE in desk.later()
    desk.clock.advance(dt.timedelta(days=1))
    tab = desk.later()
    assert "Outstanding NZ$ 125.00" in tab
    assert "could not be read" not in tab


def _rated(change: Changed) -> Changed:
    """Document 2 as a plugin reads it wrongly."""
    if change.document is None or change.document.ref.id != "2":
        return change
    return Change(document=replace(change.document, rate=Decimal(0)))


def test_a_wrong_entry_of_a_list_is_left_out_and_the_lists_are_read(desk: Desk, house: Ledgerhouse) -> None:
    with desk.services.db.begin() as session:
        session.execute(update(Connection).values(choices_at=None))
    house.spoilt["choices"] = lambda found: [replace(found[0], id="\u202aX"), *found] if found else []
    assert UNREADABLE not in desk.later()
    with desk.services.db.read() as session:
        assert [one.id for one in choices(session, 1, ChoiceKind.CURRENCY)] == ["NZD", "JPY", "BHD"]
        assert session.scalars(select(Connection.choices_at)).one() is not None
    assert "choices: Malformed: Choice \u202aX: Choice: id must be" in desk.browser.get("/admin/plugins")


def test_a_contact_that_cannot_be_loaded_keeps_neither_the_feed_nor_the_others_back(
    desk: Desk, house: Ledgerhouse, make: Make
) -> None:
    feed(house)
    desk.later()
    for ident in ("5", "8", "9"):
        house.parties[ident] = Party(Ref(ident), f"Party {ident}")
        house.documents[ident] = invoice(int(ident), f"{ident}0.00", party_id=ident)
    desk.later()
    house.documents["1"] = invoice(1, "115.00", amount_due=Decimal("15.00"))
    paths = {}
    for ident in ("5", "8", "9"):
        paths[ident] = f"/organizations/{make('organizations', name=ident)}/tabs/{KEY}"
        desk.browser.send(f"{paths[ident]}/link", {"connection": "1", "party": ident}, status=303)

    def not_8(documents: Iterator[Document]) -> Sequence[Document]:
        told = list(documents)
        if any(one.party_id == "8" for one in told):
            raise RuntimeError("8")
        return told

    house.spoilt["documents_of"] = not_8
    desk.clock.advance(dt.timedelta(minutes=15))
    desk.services.jobs.drain()
    assert "Outstanding NZ$ 50.00" in words(desk.browser.get(paths["5"]))
    assert "Outstanding NZ$ 90.00" in words(desk.browser.get(paths["9"]))
    tab = desk.tab()
    assert "Outstanding NZ$ 15.00" in tab
    assert UNREADABLE in tab, "that something is wrong is told all the same"
    del house.spoilt["documents_of"]
    assert UNREADABLE not in desk.later()
    assert "Outstanding NZ$ 80.00" in words(desk.browser.get(paths["8"]))


def counting(asked: list[int]) -> Callable[[Any], Any]:
    """Writes down how many documents each answer held."""

    def told(found: Any) -> Any:
        asked.append(len(found))
        return found

    return told


class TestTheDailyReading:
    """What is still open is read again once a day, in portions."""

    @pytest.fixture
    def many(self, desk: Desk, house: Ledgerhouse) -> list[int]:
        """More open invoices than are asked for at once, read more than a day ago; how many each ask was for."""
        for number in range(2, 2 * PORTION + 12):
            house.documents[str(number)] = invoice(number, "1.00")
        desk.later()
        feed(house)
        house.spoilt["changes"] = lambda page: Page([one for one in page.items if one.party])
        desk.clock.advance(dt.timedelta(days=2))
        asked: list[int] = []
        house.spoilt["get_documents"] = counting(asked)
        return asked

    def test_what_was_read_before_the_calls_ran_out_is_kept(
        self, desk: Desk, house: Ledgerhouse, many: list[int]
    ) -> None:
        def one_call(found: Any) -> Any:
            if many:
                raise Throttled("No more.", desk.clock.now() + dt.timedelta(minutes=1), "minute")
            many.append(len(found))
            return [replace(one, number=f"new {one.ref.id}") for one in found]

        house.spoilt["get_documents"] = one_call
        desk.later()
        assert self._numbered(desk.services, "new") == many[0] == PORTION
        house.spoilt["get_documents"] = counting(many)
        desk.later()
        assert many == [PORTION, PORTION, 11], "the portions that were read are not read again"

    def test_a_refresh_that_was_overtaken_overwrites_nothing(
        self, desk: Desk, house: Ledgerhouse, many: list[int]
    ) -> None:
        def slow(found: Any) -> Any:
            with desk.services.db.begin() as session:
                session.execute(update(Connection).values(refresh_owner="another"))
                session.execute(update(DocumentRow).values(number="newer"))
            return found

        house.spoilt["get_documents"] = slow
        assert UNREADABLE not in desk.later()
        with desk.services.db.read() as session:
            held = len(session.scalars(select(DocumentRow.id)).all())
            assert session.scalars(select(Connection.refresh_owner)).one() == "another"
        assert self._numbered(desk.services, "newer") == held

    def test_an_answer_with_nothing_in_it_is_no_answer(self, desk: Desk, house: Ledgerhouse, many: list[int]) -> None:
        before = desk.tab().partition("Outstanding")[2][:20]
        house.spoilt["get_documents"] = lambda found: []
        tab = desk.later()
        assert UNREADABLE in tab
        assert f"Outstanding{before}" in tab
        house.spoilt["get_documents"] = counting(many)
        for _ in range(3):
            desk.clock.advance(dt.timedelta(hours=5))
            tab = desk.later()
        assert UNREADABLE not in tab
        assert f"Outstanding{before}" in tab
        assert sum(many) == 2 * PORTION + 11

    @staticmethod
    def _numbered(services: Services, start: str) -> int:
        with services.db.read() as session:
            return sum(number.startswith(start) for number in session.scalars(select(DocumentRow.number)))


def test_what_counted_as_deleted_because_it_was_left_out_comes_back(desk: Desk, house: Ledgerhouse) -> None:
    house.documents["2"] = invoice(2, "10.00")
    desk.later()
    feed(house)
    house.spoilt["changes"] = lambda page: Page([one for one in page.items if one.party])
    house.spoilt["get_documents"] = lambda found: [one for one in found if one.ref.id != "2"]
    for after, outstanding in [(25, "125.00"), (1, "125.00"), (4, "115.00"), (25, "115.00")]:
        desk.clock.advance(dt.timedelta(hours=after))
        assert f"Outstanding NZ$ {outstanding}" in desk.later()
    del house.spoilt["get_documents"]
    desk.clock.advance(dt.timedelta(hours=25))
    assert "Outstanding NZ$ 125.00" in desk.later()
    with desk.services.db.read() as session:
        assert session.scalars(select(UnreadDocument)).all() == []
