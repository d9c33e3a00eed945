"""What the books say of a record: as on its tab, from the last known copy, and no amount for who may see none."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest

from core.accounting.models import ConnectionAccess
from core.services import Services
from core.users.models import Role
from core.users.seed import DEMO_PASSWORD
from core.users.service import add_user
from tests.conftest import LogIn
from tests.core.accounting.books import Books
from tests.core.accounting.on_the_stub import books, ini
from tests.core.api.conftest import Call, Program
from tests.core.pages import words
from tests.databases import NOW

__all__ = ["books", "ini"]

pytestmark = pytest.mark.slow

STATUS, AMOUNTS, BILLS = "accounting.see_status", "accounting.see_amounts", "accounting.see_bills"
Enter = Callable[..., Program]


@pytest.fixture
def enter(services: Services, program: Call) -> Enter:
    """`enter(STATUS, AMOUNTS)` is a program of a user whose role has these rights."""

    def walk_in(*rights: str) -> Program:
        key = "-".join(right.rpartition("_")[2] for right in rights) or "nothing"
        with services.db.begin() as session:
            session.add(Role(key=key, title=key, rights=list(rights)))
            session.flush()
            add_user(session, login=key, name=key, password=DEMO_PASSWORD, role=key, when=NOW)
        return program(key)

    return walk_in


@pytest.fixture(autouse=True)
def _documents(books: Books) -> None:
    for to in ("opportunity", ""):
        books.document("INV-1", total="7411.83", amount_due=Decimal("4321.57"), tax=Decimal("966.76"), to=to)
        books.document("INV-2", total="5150.91", status="submitted", to=to)
        books.document("INV-3", total="9876.53", currency="NZD", to=to)
        books.document("BILL-1", "bill", total="8642.19", status="submitted", to=to)


def test_the_totals_are_those_of_the_tab(books: Books, program: Call, log_in: LogIn) -> None:
    [told] = program("admin").get(f"{books.paths['organization']}/accounting").json["items"]
    base, other = told["totals"]
    assert (base["currency"], other["currency"]) == ("USD", "NZD")
    shown = words(log_in("admin").get(books.tab("organization")))
    for key in ("outstanding", "overdue", "invoices", "bills", "lifetime", "twelve_months"):
        amount = base["figures"][key]["amount"]
        assert f"{Decimal(amount):,.2f}" in shown, key
    assert base["figures"]["outstanding"] == {"amount": "4321.57", "documents": 1}
    assert base["figures"]["invoices"] == {"amount": "12562.74", "documents": 2}
    assert base["figures"]["bills"] == {"amount": "8642.19", "documents": 1}
    assert other["figures"]["outstanding"]["amount"] == "9876.53"
    assert [(one["id"], one["name"], one["archived"]) for one in told["parties"]] == [("harbour", "harbour Ltd", False)]
    assert told["connection"]["base_currency"] == "USD"


def test_an_opportunity_tells_what_is_left_of_what_was_agreed(books: Books, program: Call) -> None:
    [told] = program("admin").get(f"{books.paths['opportunity']}/accounting").json["items"]
    assert told["parties"] == []
    assert sorted(one["id"] for one in told["documents"]) == [
        f"id of {one}" for one in ("BILL-1", "INV-1", "INV-2", "INV-3")
    ]
    assert told["agreed"]["agreed"] == "6400.00"
    assert Decimal(told["agreed"]["still_to_bill"]) == Decimal("6400") - Decimal("7411.83") + Decimal(
        "966.76"
    ) - Decimal("5150.91")
    assert {"billed", "costs", "net"} < told["totals"][0]["figures"].keys()


OF_SALES = ("7411.83", "4321.57", "12562.74", "9876.53", "6445.07")
OF_BILLS = ("8642.19", "BILL-1", "costs", "bill")


@pytest.mark.parametrize(
    ("rights", "hidden"),
    [
        ([STATUS], (*OF_SALES, *OF_BILLS, "totals", "agreed")),
        ([STATUS, AMOUNTS], OF_BILLS),
        ([STATUS, BILLS], (*OF_SALES, *OF_BILLS, "totals", "agreed")),
        ([STATUS, AMOUNTS, BILLS], ()),
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["organization", "opportunity"])
def test_what_may_not_be_seen_is_left_out(
    name: str, rights: Sequence[str], hidden: Sequence[str], books: Books, enter: Enter
) -> None:
    answer = enter(*rights).get(f"{books.paths[name]}/accounting")
    text = json.dumps([{k: v for k, v in one.items() if k != "connection"} for one in answer.json["items"]])
    found = text.replace("still_to_bill", "").replace('"billed"', "")
    assert [one for one in hidden if one in found] == []
    [told] = answer.json["items"]
    assert ("light" in told) == (AMOUNTS not in rights)
    if AMOUNTS not in rights:
        # 30 days ago in UTC, but it is still the day before where the organisation keeps its books
        assert told["light"] == {"due": 2, "overdue": 2, "oldest_days": 29}


def test_without_the_right_to_see_how_things_stand_nothing_is_told(books: Books, enter: Enter) -> None:
    told = enter().get(f"{books.paths['organization']}/accounting", status=403).json
    assert told["type"] == "urn:ledgertab:problem:not-allowed"
    assert enter(AMOUNTS).get(f"{books.paths['organization']}/accounting", status=403).json["status"] == 403


def test_a_connection_that_a_role_may_not_know_of_is_not_there(books: Books, enter: Enter, services: Services) -> None:
    caller = enter(STATUS, AMOUNTS)
    with services.db.begin() as session:
        role = session.query(Role).filter_by(key="status-amounts").one()
        session.add(ConnectionAccess(role_id=role.id, connection_id=books.connection, rights=[]))
    assert caller.get(f"{books.paths['organization']}/accounting").json["items"] == []


def test_connections_are_told_side_by_side_and_never_added_up(books: Books, program: Call) -> None:
    other = books.connect_another("Second Ltd", "NZD")
    books.link_party("organization", "harbour", other)
    books.document("INV-9", total="10.00", currency="NZD", connection=other)
    told = program("admin").get(f"{books.paths['organization']}/accounting").json["items"]
    sums = {one["connection"]["name"]: one["totals"][0]["figures"]["outstanding"]["amount"] for one in told}
    assert sums["Second Ltd"] == "10.00"
    assert len(sums) == 2
