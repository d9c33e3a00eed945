"""Contacts merged in Xero: links, snapshot and typed drafts go with them, and it is written down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from core import ManualClock
from core.accounting.models import Connection, DocumentRow, Draft, PartyChange, PartyLink, PartyRow
from core.audit.models import AuditEntry
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser, LogIn
from tests.story.conftest import Connect

pytestmark = pytest.mark.slow  # walks through pages

HARBOUR, AORAKI, TUI = "Harbour Coffee Roasters Ltd", "Aoraki Outdoor Co", "Tui Design Studio"
Later = Callable[[], str]


@pytest.fixture
def sales(log_in: LogIn) -> Browser:
    return log_in("sales")


@pytest.fixture
def tab(connect: Connect, sales: Browser, services: Services, harbour: str, clock: ManualClock) -> str:
    """The address of a tab that is linked to Harbour and loaded, a moment ago."""
    connect()
    path = f"{harbour}/tabs/xero"
    next(form for form in sales.get(path).forms.values() if form.action.endswith("/link")).submit(status=303)
    services.jobs.drain()
    clock.advance(seconds=10)
    return path


@pytest.fixture
def later(tab: str, sales: Browser, services: Services, clock: ManualClock) -> Later:
    """What the tab says after the next reading."""

    def look() -> str:
        clock.advance(seconds=301)
        sales.get(tab)
        services.jobs.drain()
        return str(sales.get(tab).html.get_text(" ", strip=True))

    return look


def links(services: Services) -> list[PartyLink]:
    with services.db.read() as session:
        return list(session.scalars(select(PartyLink).order_by(PartyLink.id)))


def deeds(services: Services) -> list[AuditEntry]:
    with services.db.read() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.deed == "party followed")))


def documents_of(services: Services, party_id: str) -> int:
    with services.db.read() as session:
        return len(session.scalars(select(DocumentRow).where(DocumentRow.party_id == party_id)).all())


def others(sandbox: Sandbox, number: int) -> list[str]:
    """Active contacts beside Harbour."""
    rows = sandbox.records("Contacts")
    return [row["ContactID"] for row in rows if row["ContactStatus"] == "ACTIVE" and row["Name"] != HARBOUR][:number]


def test_the_link_follows_and_the_tab_says_so_quietly(later: Later, services: Services, sandbox: Sandbox) -> None:
    old, new = sandbox.contact_id(HARBOUR), sandbox.contact_id(AORAKI)
    before = documents_of(services, old)
    sandbox.deeds.merge_contact(old, into=new)
    text = later()
    assert f"{HARBOUR} was merged into {AORAKI} in Xero; the link followed." in text
    [link] = links(services)
    assert (link.party_id, link.followed_from) == (new, old)
    assert documents_of(services, old) == 0
    assert documents_of(services, new) > before > 0


def test_it_is_written_down_without_a_person(later: Later, services: Services, sandbox: Sandbox) -> None:
    sandbox.deeds.merge_contact(sandbox.contact_id(HARBOUR), into=sandbox.contact_id(AORAKI))
    later()
    later()
    [deed] = deeds(services)
    assert (deed.user_id, deed.kind) == (None, "organizations")
    assert (deed.old["party"], deed.new["party"]) == (HARBOUR, AORAKI)


def test_a_record_that_is_linked_to_the_survivor_keeps_one_link(
    later: Later, services: Services, sandbox: Sandbox, clock: ManualClock
) -> None:
    old, new = sandbox.contact_id(HARBOUR), sandbox.contact_id(AORAKI)
    with services.db.begin() as session:
        link = session.scalars(select(PartyLink)).one()
        same = {"kind": link.kind, "record_id": link.record_id, "connection_id": link.connection_id}
        session.add(PartyLink(**same, party_id=new, linked_at=clock.now()))
    later()
    sandbox.deeds.merge_contact(old, into=new)
    later()
    assert [(one.party_id, one.followed_from) for one in links(services)] == [(new, "")]
    assert len(deeds(services)) == 1


def test_a_chain_of_merges_is_followed_to_its_end(later: Later, services: Services, sandbox: Sandbox) -> None:
    first, second, third = sandbox.contact_id(HARBOUR), *others(sandbox, 2)
    sandbox.deeds.merge_contact(first, into=second)
    sandbox.deeds.merge_contact(second, into=third)
    later()
    assert [link.party_id for link in links(services)] == [third]
    assert documents_of(services, first) == documents_of(services, second) == 0


def test_merges_one_after_the_other_are_followed_one_after_the_other(
    later: Later, services: Services, sandbox: Sandbox
) -> None:
    first, second, third = sandbox.contact_id(HARBOUR), *others(sandbox, 2)
    sandbox.deeds.merge_contact(first, into=second)
    later()
    sandbox.deeds.merge_contact(second, into=third)
    later()
    assert [(link.party_id, link.followed_from) for link in links(services)] == [(third, second)]
    assert len(deeds(services)) == 2


def test_merges_in_a_circle_move_nothing_and_end(later: Later, services: Services, sandbox: Sandbox) -> None:
    first, second = sandbox.contact_id(HARBOUR), *others(sandbox, 1)
    with services.db.begin() as session:
        for party, into in ((first, second), (second, first)):
            mine = update(PartyRow).where(PartyRow.party_id == party)
            session.execute(mine.values(merged_into=into))
    later()
    assert [link.party_id for link in links(services)] == [first]
    assert deeds(services) == []


def test_a_survivor_that_nobody_knows_yet_is_asked_for(
    later: Later, services: Services, sandbox: Sandbox, clock: ManualClock
) -> None:
    old, new = sandbox.contact_id(HARBOUR), sandbox.contact_id(AORAKI)
    with services.db.begin() as session:
        row = session.scalars(select(PartyRow).where(PartyRow.party_id == new)).one()
        session.delete(row)
    known = sandbox.record("Contacts", old)
    with sandbox.work():  # told of the one, and the survivor did not change
        moment = int(clock.now().timestamp() * 1000)
        sandbox.books()["Contacts"].put(
            {**known, "ContactStatus": "ARCHIVED", "MergedToContactID": new, "UpdatedDateUTC": moment}
        )
    later()
    assert [link.party_id for link in links(services)] == [new]


def add_draft(services: Services, party_id: str, state: str, **more: Any) -> int:
    with services.db.begin() as session:
        connection, link = session.scalars(select(Connection)).one(), session.scalars(select(PartyLink)).one()
        row = Draft(
            key=f"{state}{more}"[:64],
            kind=link.kind,
            record_id=link.record_id,
            connection_id=connection.id,
            party_id=party_id,
            payload={
                "typed": {"head": {"party": party_id, "reference": party_id}},
                "document": None,
                "party_name": HARBOUR,
            },
            state=state,
            created_by=1,
            created_at=link.linked_at,
            updated_at=link.linked_at,
            **more,
        )
        session.add(row)
        session.flush()
        return row.id


def test_drafts_that_were_typed_go_to_the_survivor_and_those_on_their_way_stay(
    later: Later, services: Services, sandbox: Sandbox
) -> None:
    old, new = sandbox.contact_id(HARBOUR), sandbox.contact_id(AORAKI)
    typed, doubtful = add_draft(services, old, "open"), add_draft(services, old, "open", in_doubt=True)
    made = add_draft(services, old, "made")
    sandbox.deeds.merge_contact(old, into=new)
    later()
    with services.db.read() as session:
        found = {one: session.get_one(Draft, one) for one in (typed, doubtful, made)}
    assert [found[one].party_id for one in (typed, doubtful, made)] == [new, old, old]
    assert found[typed].payload["typed"]["head"] == {"party": new, "reference": old}
    assert [found[one].version for one in (typed, doubtful, made)] == [2, 1, 1]


@pytest.mark.parametrize("linked_twice", [False, True])
def test_a_copy_that_was_not_sent_is_looked_at_again_beside_the_survivor(
    later: Later, services: Services, sandbox: Sandbox, sales: Browser, clock: ManualClock, linked_twice: bool
) -> None:
    old, new = sandbox.contact_id(HARBOUR), sandbox.contact_id(AORAKI)
    with services.db.begin() as session:
        link = session.scalars(select(PartyLink)).one()
        same = {"kind": link.kind, "record_id": link.record_id, "connection_id": link.connection_id}
        if linked_twice:
            session.add(PartyLink(**same, party_id=new, linked_at=clock.now()))
        payload = {"typed": {"email": "new@harbour.example"}, "here": {}, "party": {}, "link": link.id}
        made = {
            "created_by": 1,
            "created_at": clock.now(),
            "updated_at": clock.now(),
            "before": {"email": "old@x.example"},
        }
        for number, doubtful in enumerate((False, True)):
            key = f"{number:032x}"
            session.add(
                PartyChange(**same, **made, key=key, party_id=old, payload=payload, state="refused", in_doubt=doubtful)
            )
    later()
    sandbox.deeds.merge_contact(old, into=new)
    later()
    with services.db.read() as session:
        typed, sent = session.scalars(select(PartyChange).order_by(PartyChange.id))
    assert (typed.party_id, sent.party_id) == (new, old)
    page = sales.get(f"/accounting/party-changes/{typed.key}", status=303).follow()
    assert AORAKI in page
    assert "was old@x.example when you looked" in page


def test_an_archived_party_is_shown_as_such_and_stays_linked(
    later: Later, services: Services, sandbox: Sandbox
) -> None:
    sandbox.deeds.archive_contact(sandbox.contact_id(HARBOUR))
    assert "Archived" in later()
    assert len(links(services)) == 1
    sandbox.deeds.restore_contact(sandbox.contact_id(HARBOUR))
    assert "Archived" not in later()
