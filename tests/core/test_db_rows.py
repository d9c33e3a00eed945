"""Rows written past SQLAlchemy are the rows it would have written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.dialects import postgresql, sqlite

from core.audit.models import AuditEntry
from core.audit.service import record_deeds
from core.db import among, insert_rows, table_of
from core.folding import plain
from core.records.models import Organization
from core.services import Services

WHEN = datetime(2026, 11, 30, 9, 5, 7, 123456, tzinfo=UTC)


def test_many_deeds_at_once_are_kept_as_one_is(services: Services) -> None:
    values = {"name": "Tūī\t\\ “und”\n", "amount": None, "tags": ["a", "b"], "day": WHEN.date()}
    with services.db.begin() as session:
        record_deeds(
            session, when=WHEN, user_id=None, deed="record.created", kind="contacts", new=[(7, values), (8, {})]
        )
    with services.db.read() as session:
        first, second = session.scalars(select(AuditEntry).order_by(AuditEntry.record_id)).all()
    assert (first.at, first.user_id, first.deed, first.kind, first.record_id) == (
        WHEN,
        None,
        "record.created",
        "contacts",
        7,
    )
    assert first.old == {}
    assert first.new == {"name": "Tūī\t\\ “und”\n", "amount": None, "tags": ["a", "b"], "day": "2026-11-30"}
    assert (second.record_id, second.new) == (8, {})


def test_many_rows_get_the_defaults_that_one_gets(services: Services) -> None:
    rows = [{"name": f"Tūī {number}", "created_at": WHEN, "changed_at": WHEN} for number in range(3)]
    with services.db.begin() as session:
        ids = insert_rows(session, table_of(Organization), rows)
        one = Organization(**rows[0])
        session.add(one)
        session.flush()
        first = session.get_one(Organization, ids[0])
        own = {column.key for column in inspect(Organization).column_attrs} - {"id"}
        assert {name: getattr(first, name) for name in own} == {name: getattr(one, name) for name in own}
        assert [session.get_one(Organization, number).name for number in ids] == ["Tūī 0", "Tūī 1", "Tūī 2"]
        assert one.id > max(ids)
        assert insert_rows(session, table_of(Organization), []) == []


def test_what_is_among_many_values_is_found_whatever_is_written_in_them(services: Services) -> None:
    odd = ['a "b" \\ c', "Tūī's {1,2}", "NULL", "", "[1]", "a,b"]
    rows = [{"name": name, "created_at": WHEN, "changed_at": WHEN} for name in [*odd, "another"]]
    with services.db.begin() as session:
        ids = insert_rows(session, table_of(Organization), rows)
        names = select(Organization.name).order_by(Organization.id)
        assert list(session.scalars(names.where(among(Organization.name, odd)))) == odd
        assert list(session.scalars(names.where(among(Organization.id, {ids[0], ids[6], 10**9})))) == [
            odd[0],
            "another",
        ]
        assert not session.scalars(names.where(among(Organization.id, []))).all()
        assert len(session.scalars(names.where(~among(Organization.name, ["another"]))).all()) == len(odd)


def test_what_is_among_many_values_is_asked_for_so_that_an_index_answers() -> None:
    query = select(Organization.id).where(among(Organization.id, [1, 2]))
    dialects: Any = (sqlite, postgresql)
    on_sqlite, on_postgresql = (str(query.compile(dialect=one.dialect())) for one in dialects)
    assert on_sqlite.rstrip().endswith("WHERE (organizations.id IN (__[POSTCOMPILE_id_1]))")
    assert "organizations.id = ANY (" in on_postgresql


def test_texts_without_accents_fold_like_those_with_them() -> None:
    assert plain("Smith & Sons+Co") == "smith  and  sons and co"
    assert plain("Smíth & Sons+Co") == plain("Smith & Sons+Co")
