"""Walking through lists by place: every record once, both ways, by every column, with ties and with nothing."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from core.records import keyset, lists, sorting
from core.records.custom import CustomFieldRow
from core.records.lists import At
from core.records.models import MODELS, Organization
from core.records.stages import STANDARD
from core.services import Services
from core.users.models import User
from tests.databases import NOW

STYLES = ("text", "number", "date", "choice", "yesno")
NUMBER = 60
WORDS = ("", "a", "A", "b", "Éa", "ta", "Ta-b", "zz", "Zz")


def some(chance: random.Random, *values: Any) -> Any:
    return chance.choice([None, *values])


def values_of(kind: str, chance: random.Random, owners: list[int], organizations: list[int]) -> dict[str, Any]:
    def word() -> str:
        return chance.choice(WORDS)

    days, amounts = (dt.date(2026, 1, 1), dt.date(2026, 12, 31)), (Decimal("0"), Decimal("-1.5"), Decimal("20000.25"))
    custom = {
        "text": word(),
        "number": chance.choice(["", "1.5", "10", "-2", "no number"]),
        "date": chance.choice(["", "2026-01-01", "2025-12-31"]),
        "choice": word(),
        "yesno": chance.choice([True, False, "odd"]),
    }
    shared = {
        "owner_id": some(chance, *owners),
        "custom": {key: value for key, value in custom.items() if value != ""},
        "created_at": NOW,
        "changed_at": NOW + dt.timedelta(microseconds=chance.randrange(3)),
        "deleted_at": some(chance, *[None] * 8, NOW),
    }
    if kind == "contacts":
        own = {"last_name": word(), "first_name": word(), "email": word(), "phone": word(), "city": word()}
    elif kind == "organizations":
        return {**shared, "name": word(), "city": word(), "email": word(), "phone": word()}
    elif kind == "opportunities":
        stage = chance.choice([*(stage.name for stage in STANDARD), "Gone"])
        own = {"name": word(), "stage": stage, "amount": some(chance, *amounts), "close_date": some(chance, *days)}
    else:
        own = {"name": word(), "status": chance.choice(["Planned", "Done"]), "ends_on": some(chance, *days)}
        own["budget"] = some(chance, *amounts)
    return {**shared, **own, "organization_id": some(chance, *organizations)}


@pytest.fixture
def full(services: Services) -> Services:
    """Records of every type with many ties, holes and things in the bin."""
    chance = random.Random(4)
    with services.db.begin() as session:
        owners = [user.id for user in session.query(User)]
        session.add_all(
            CustomFieldRow(kind=kind, key=style, label=style, style=style, choices=[])
            for kind in MODELS
            for style in STYLES
        )
        organizations: list[int] = []
        for kind in ("organizations", "contacts", "opportunities", "projects"):
            made = [MODELS[kind](**values_of(kind, chance, owners, organizations)) for _ in range(NUMBER)]
            session.add_all(made)
            session.flush()
            organizations = organizations or [record.id for record in made[::5]]
    return services


def forward(session: Session, kind: str, sort: str) -> list[list[int]]:
    pages, at = [], At()
    while True:
        found = lists.find(session, kind, sort=sort, at=at)
        pages.append([record.id for record in found.records])
        assert found.first == (len(pages) - 1) * lists.PAGE_SIZE + 1
        assert len(pages) < 20, f"{sort} goes round"
        if not found.next:
            return pages
        at = At(after=found.next)


def backward(session: Session, kind: str, sort: str, pages: int) -> list[list[int]]:
    found = lists.find(session, kind, sort=sort, at=At(page=pages))
    met = [[record.id for record in found.records]]
    while found.previous:
        found = lists.find(session, kind, sort=sort, at=At(before=found.previous))
        met.insert(0, [record.id for record in found.records])
        assert len(met) < 20, f"{sort} goes round"
    assert found.first == 1
    return met


@pytest.mark.slow
@pytest.mark.parametrize("kind", MODELS)
def test_every_walk_meets_each_record_once_and_comes_back_the_way_it_went(
    kind: str, full: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE_SIZE", 7)
    with full.db.read() as session:
        there = sorted(record.id for record in session.query(MODELS[kind]))  # type: ignore[attr-defined]
        assert 40 < len(there) < NUMBER
        for key in [*sorting.SORTS[kind], *(f"custom_{style}" for style in STYLES)]:
            for sort in (key, f"-{key}"):
                pages = forward(session, kind, sort)
                met = [number for page in pages for number in page]
                assert sorted(met) == there, sort
                assert backward(session, kind, sort, len(pages)) == pages, sort
                assert [page.id for page in lists.find(session, kind, sort=sort, at=At(page=3)).records] == pages[2]


@pytest.mark.parametrize(("kind", "attribute"), [("opportunities", "amount"), ("projects", "ends_on")])
def test_what_is_empty_comes_last_both_ways(kind: str, attribute: str, full: Services) -> None:
    sort = {"amount": "amount", "ends_on": "ends"}[attribute]
    with full.db.read() as session:
        for way in (sort, f"-{sort}"):
            values, at = [], At()
            while True:
                found = lists.find(session, kind, sort=way, at=at)
                values += [getattr(record, attribute) for record in found.records]
                if not found.next:
                    break
                at = At(after=found.next)
            written = [value for value in values if value is not None]
            assert values == sorted(written, reverse=way[0] == "-") + [None] * (len(values) - len(written))


@pytest.mark.slow
def test_records_added_and_deleted_meanwhile_are_neither_skipped_nor_met_twice(services: Services) -> None:
    def make(name: str) -> Organization:
        return Organization(name=name, created_at=NOW, changed_at=NOW)

    with services.db.begin() as session:
        session.add_all(make(f"Company {number:03}") for number in range(60))
    with services.db.begin() as session:
        first = lists.find(session, "organizations")
        session.add(make("Company 000 a"))
        session.delete(first.records[-1])
        session.flush()
        second = lists.find(session, "organizations", at=At(after=first.next))
        assert second.records[0].title == "Company 025"
        back = lists.find(session, "organizations", at=At(before=second.previous))
        assert (back.records[0].title, back.records[-1].title, len(back.records)) == ("Company 000", "Company 023", 25)


@pytest.mark.slow
def test_more_than_a_thousand_are_not_counted_and_a_page_behind_the_last_is_the_last(services: Services) -> None:
    with services.db.begin() as session:
        rows = [{"name": f"{number:05}", "created_at": NOW, "changed_at": NOW} for number in range(1_030)]
        session.bulk_insert_mappings(MODELS["organizations"].__mapper__, rows)
        found = lists.find(session, "organizations", sort="-name")
        assert (found.shown_total, found.first, found.last) == ("1,000+", 1, 25)
        last = lists.find(session, "organizations", sort="-name", at=At(page=9_999))
        assert (last.records[-1].title, last.next, last.first) == ("00000", "", 0)
        assert lists.find(session, "organizations", at=At(before=last.previous)).bad_cursor
        before = lists.find(session, "organizations", sort="-name", at=At(before=last.previous))
        assert [record.title for record in before.records][-1] == "00025"
        exact = lists.find(session, "organizations", text="0001")
        assert (exact.shown_total, exact.next, exact.previous) == ("11", "", "")


@pytest.mark.slow
def test_a_place_that_was_not_made_for_the_list_is_refused(full: Services) -> None:
    with full.db.read() as session:
        found = lists.find(session, "opportunities", sort="amount")
        good = found.next
        _, order = sorting.choose(session, "opportunities", "amount")
        wrong = keyset.seal(keyset.Place(("text",), 3), order), keyset.seal(keyset.Place((None, None), 3), order)
        huge = keyset.seal(keyset.Place((Decimal(10) ** 13,), 2**31 - 1), order)
        assert not lists.find(session, "opportunities", sort="amount", at=At(after=huge)).bad_cursor
        for text in ("x", "\x00", "é", "a" * 5_000, good[:-2], good + "AAAA", good.swapcase(), *wrong):
            bad = lists.find(session, "opportunities", sort="amount", at=At(after=text))
            assert bad.bad_cursor, text
            assert bad.first == 1
        assert lists.find(session, "opportunities", sort="-amount", at=At(after=good)).bad_cursor
