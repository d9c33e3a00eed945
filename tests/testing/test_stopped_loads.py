"""A first load that is stopped between two pages: gone on with, and begun again where that is the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from core import Document, NotFound, Ref, Throttled
from core.accounting.models import BegunWalk
from core.jobs.periodic import tick
from tests.core.pages import words
from tests.testing.desk import Desk, desk, extra, house, ini, make
from tests.testing.stranger import KEY, Ledgerhouse, invoice

__all__ = ["desk", "extra", "house", "ini", "make"]

pytestmark = pytest.mark.slow
Make = Callable[..., int]


@pytest.fixture
def paths(desk: Desk, house: Ledgerhouse, make: Make) -> dict[str, str]:
    """The tabs of two records linked to customers 5 and 8, not read yet; a page holds one document."""
    found = {}
    for ident in ("5", "8"):
        house.parties[ident] = replace(house.parties["7"], ref=Ref(ident), name=f"Customer {ident}")
        house.documents[ident] = invoice(int(ident), f"{ident}0.00", party_id=ident)
    desk.clock.advance(seconds=24 * 3600)  # the list of customers is read once a day
    desk.later()
    for ident in ("5", "8"):
        found[ident] = f"/organizations/{make('organizations', name=ident)}/tabs/{KEY}"
        desk.browser.send(f"{found[ident]}/link", {"connection": "1", "party": ident}, status=303)
    house.page = 1
    return found


def stop(*whose: str, error: Exception) -> Callable[[Iterable[Document]], list[Document]]:
    """Fails instead of telling a document of theirs."""

    def told(documents: Iterable[Document]) -> list[Document]:
        found = list(documents)
        if any(one.party_id in whose for one in found):
            raise error
        return found

    return told


def tab(desk: Desk, path: str) -> str:
    return words(desk.browser.get(path, status=200))


def stopped(desk: Desk) -> list[str]:
    with desk.services.db.read() as session:
        return [row.cursor for row in session.scalars(select(BegunWalk))]


def test_a_page_that_fails_twice_keeps_no_other_party_back(
    desk: Desk, house: Ledgerhouse, paths: dict[str, str]
) -> None:
    house.spoilt["documents_of"] = stop("8", error=RuntimeError("8"))
    desk.services.jobs.drain()
    assert "Outstanding NZ$ 50.00" in tab(desk, paths["5"])
    assert stopped(desk) == []
    house.spoilt.clear()
    desk.later()
    assert "Outstanding NZ$ 80.00" in tab(desk, paths["8"])


def test_what_stops_all_is_gone_on_with_by_the_worker_though_nobody_looks(
    desk: Desk, house: Ledgerhouse, paths: dict[str, str]
) -> None:
    asked: list[str] = []

    def counting(found: Any) -> Any:
        told = list(found)
        asked.extend(one.ref.id for one in told)
        return told

    house.spoilt["documents_of"] = stop("8", error=Throttled("Slowly.", desk.clock.now(), "minute"))
    desk.services.jobs.drain()
    assert stopped(desk) == ["1"]
    house.spoilt["documents_of"] = counting
    desk.clock.advance(seconds=360)
    tick(desk.services)
    desk.services.jobs.drain()
    assert asked == ["8"]
    assert stopped(desk) == []
    assert "Outstanding NZ$ 50.00" in tab(desk, paths["5"])
    assert "Outstanding NZ$ 80.00" in tab(desk, paths["8"])


def test_a_cursor_that_means_nothing_any_more_begins_again(
    desk: Desk, house: Ledgerhouse, paths: dict[str, str]
) -> None:
    house.spoilt["documents_of"] = stop("8", error=Throttled("Slowly.", desk.clock.now(), "minute"))
    desk.services.jobs.drain()
    failures = [NotFound("This part of the list does not exist.")] * 2

    def forgets(found: Any) -> Any:
        if failures:
            raise failures.pop()
        return found

    house.spoilt["documents_of"] = forgets
    desk.clock.advance(seconds=360)
    for _ in range(2):
        tick(desk.services)
        desk.services.jobs.drain()
        desk.later()
    assert "Outstanding NZ$ 50.00" in tab(desk, paths["5"])
    assert "Outstanding NZ$ 80.00" in tab(desk, paths["8"])
