"""Notes and the timeline on a record's page."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import insert, select

from core import ManualClock
from core.activity import service, timeline
from core.activity.models import Note
from core.audit.models import AuditEntry
from core.audit.service import record_deed
from core.records.models import Organization
from core.records.service import Actor, get_record
from core.services import Services
from core.users.models import Role, User
from tests.conftest import Browser, LogIn
from tests.core.conftest import Make
from tests.core.pages import form_of, words
from tests.databases import NOW

MINUTE = dt.timedelta(minutes=1)


def told(page: Any) -> list[str]:
    """The entries of the timeline, each as its text."""
    for spoken in page.html.select(".timeline .only-sr"):
        spoken.extract()
    return [" ".join(entry.get_text(" ").split()) for entry in page.html.select(".timeline > li")]


def write(browser: Browser, path: str, text: str, **options: Any) -> Any:
    return browser.send(f"{path}/notes", {"text": text}, **options)


def test_a_note_keeps_its_lines_and_its_addresses_become_links_and_nothing_else(log_in: LogIn, make: Make) -> None:
    path = f"/organizations/{make('organizations', name='Old Mill')}"
    sales = log_in("sales")
    text = "Rang Ngaire.\r\nSee https://example.com/a?b=1&c=(2), or www.mill.example.\n"
    text += "<script>alert(1)</script> javascript:alert(2)\0"
    page = write(sales, path, text, status=303).follow()
    note = page.html.select_one(".timeline .lines")
    assert note.get_text() == text.replace("\r\n", "\n").strip("\0")
    links = [(link["href"], link["rel"]) for link in note.select("a")]
    assert links == [
        ("https://example.com/a?b=1&c=(2)", ["noopener", "noreferrer", "nofollow"]),
        ("https://www.mill.example", ["noopener", "noreferrer", "nofollow"]),
    ]
    assert note.select("script") == []
    assert "Mere Tautari · just now" in told(page)[0]


def test_a_note_that_cannot_be_stored_stays_in_the_field_with_a_sentence(log_in: LogIn, make: Make) -> None:
    path = f"/organizations/{make('organizations', name='Old Mill')}"
    sales = log_in("sales")
    for text, said in (("x" * 10_001, "Write at most 10,000 characters."), (" \n\0\u200b", "Write a note.")):
        page = write(sales, path, text, status=422)
        assert said in words(page, ".composer .err")
        assert text[:10_001].strip(" \n\0") in page.html.select_one(".composer textarea").get_text()
        piece = write(sales, path, text, status=422, headers={"HX-Request": "true"})
        assert said in piece
        assert "<main" not in piece
    piece = write(sales, path, "x" * 10_000, status=200, headers={"HX-Request": "true"})
    assert len(told(piece)) == 1
    write(sales, "/organizations/999", "x", status=404)
    write(sales, "/organizations/99999999999", "x", status=404)
    write(log_in("reader"), path, "x", status=403)
    assert log_in("reader").get(path).html.select(".composer, .own") == []


def test_a_second_click_makes_no_second_note(log_in: LogIn, make: Make, services: Services) -> None:
    path = f"/contacts/{make('contacts', last_name='Parata')}"
    sales = log_in("sales")
    for browser in (sales, sales, log_in("accounts")):
        write(browser, path, "Called.", status=303)
    with services.db.read() as session:
        assert [note.author_id for note in service.notes_of(session, "contacts", 1)] == [3, 2]


@pytest.mark.slow
def test_own_notes_are_edited_and_deleted_and_nobody_else_s(
    log_in: LogIn, make: Make, services: Services, clock: ManualClock
) -> None:
    path = f"/organizations/{make('organizations', name='Old Mill')}"
    sales, admin = log_in("sales"), log_in("admin")
    write(sales, path, "Called.", status=303)
    for deed in ("edit", "delete"):
        admin.get(f"/notes/1/{deed}", status=403)
        admin.send(f"/notes/1/{deed}", {"text": "mine", "version": "1"}, status=403)
        sales.get(f"/notes/2/{deed}", status=404)
        sales.get(f"/notes/99999999999/{deed}", status=404)
    windows = [form_of(sales.get("/notes/1/edit")) for _ in range(2)]
    clock.advance(MINUTE)
    windows[0]["text"] = "Called twice."
    page = windows[0].submit(status=303).follow()
    assert told(page) == ["Called twice. Edit Delete Mere Tautari · 1 minute ago · edited"]
    windows[1]["text"] = "Called thrice."
    page = windows[1].submit(status=409)
    assert "Called twice." in words(page, ".card")
    assert form_of(page)["text"].value == "Called thrice."
    form_of(page).submit(status=303)
    sales.send("/notes/1/edit", {"text": " ", "version": "3"}, status=422)
    page = form_of(sales.get("/notes/1/delete")).submit(status=303).follow()
    assert told(page) == []
    with services.db.read() as session:
        trail = [(entry.deed, entry.old, entry.new) for entry in session.scalars(select(AuditEntry))]
    assert trail[1:] == [
        ("note.changed", {"note": "Called."}, {"note": "Called twice."}),
        ("note.changed", {"note": "Called twice."}, {"note": "Called thrice."}),
        ("note.deleted", {"note": "Called thrice."}, {}),
    ]


@pytest.mark.slow
def test_the_timeline_tells_changes_in_words_to_whoever_sees_the_record(log_in: LogIn) -> None:
    sales = log_in("sales")
    deal = {
        "name": "Refit",
        "stage": "Proposal",
        "amount": "11.5",
        "currency": "NZD",
        "probability": "50",
        "version": "1",
    }
    sales.send("/opportunities/new", deal, status=303)
    sales.send("/opportunities/1/edit", {**deal, "stage": "Won", "amount": "12", "probability": "100"}, status=303)
    write(sales, "/opportunities/1", "Signed today.", status=303)
    entries = told(log_in("reader").get("/opportunities/1"))
    assert [entry.partition(" Mere")[0] for entry in entries] == [
        "Signed today.",
        "Stage: Proposal → Won Amount: NZ$ 11.50 → NZ$ 12.00 Probability: 50 → 100",
        "Created",
    ]


@pytest.mark.slow
def test_deeds_with_money_are_told_only_by_right(log_in: LogIn, make: Make, services: Services) -> None:
    number = make("organizations", name="Old Mill")
    about: dict[str, Any] = {"kind": "organizations", "record_id": number, "user_id": 1}
    with services.db.begin() as session:
        for deed in ("bill linked", "document linked", "party linked"):
            what = {"party": "Mill Ltd"} if deed == "party linked" else {"document": deed}
            record_deed(session, when=NOW, deed=deed, new={**what, "in": "Books", "in_id": 1}, **about)
        session.add(role := Role(key="status", title="Status", rights=["accounting.see_status"]))
        session.get_one(User, 4).role = role
    seen = {who: told(log_in(who).get(f"/organizations/{number}")) for who in ("accounts", "sales", "reader")}
    assert [entry.partition(" Aroha")[0] for entry in seen["accounts"]] == [
        "Contact linked: Mill Ltd, in Books",
        "Document linked: document linked, in Books",
        "Bill linked: bill linked, in Books",
    ]
    assert [len(entries) for entries in seen.values()] == [3, 2, 1]


@pytest.mark.slow
def test_ten_thousand_entries_are_paged_without_a_gap_or_a_double(
    make: Make, services: Services, log_in: LogIn
) -> None:
    number = make("organizations", name="Old Mill")
    about = {"kind": "organizations", "record_id": number}
    notes = [
        {"text": f"n{place}", "created_at": NOW - MINUTE * (place // 3), "version": 1, **about}
        for place in range(5_000)
    ]
    deeds = [
        {"deed": f"d{place}", "at": NOW - MINUTE * (place // 3), "old": {}, "new": {}, **about}
        for place in range(5_000)
    ]
    with services.db.begin() as session:
        session.execute(insert(Note), notes)
        session.execute(insert(AuditEntry), deeds)
    with services.db.read() as session:
        whole = timeline.page(session, "organizations", number, limit=20_000)
        places = [one.place for one in whole.happenings]
        assert (len(places), whole.older) == (10_000, "")
        assert places == sorted(places, reverse=True)
        first = timeline.page(session, "organizations", number, limit=7)
        paged, older = list(first.happenings), first.older
        for _ in range(40):
            page = timeline.page(session, "organizations", number, limit=7, before=older)
            paged, older = [*paged, *page.happenings], page.older
        assert [one.place for one in paged] == places[: 7 * 41]
        some = timeline.page(session, "organizations", number, limit=5, may_read=lambda entry: entry.deed == "d4999")
        assert [one.source for one in some.happenings] == ["note"] * 5
    reader = log_in("reader")
    page = reader.get(f"/organizations/{number}").click("Show all of it")
    assert len(told(page)) == 50
    assert told(page.click("Older"))[0] != told(page)[0]
    for odd in ("x", "~~", "2026-01-01~1~1", "9999-12-31T00:00:00+00:00~0~99999999999", "%00"):
        assert len(told(reader.get(f"/organizations/{number}/timeline?before={odd}"))) == 50


@pytest.mark.slow
def test_notes_go_with_their_record_and_move_to_another(log_in: LogIn, make: Make, services: Services) -> None:
    first, second = make("organizations", name="One"), make("organizations", name="Two")
    sales = log_in("sales")
    for text in ("a", "b", "c"):
        write(sales, f"/organizations/{first}", text, status=303)
    with services.db.begin() as session:
        service.move(session, "organizations", first, second, Actor(None, NOW, services.plugins))
    assert told(sales.get(f"/organizations/{first}")) == []
    assert len(told(sales.get(f"/organizations/{second}"))) == 3
    page = sales.get(f"/organizations/{second}/delete")
    assert "3 notes go with it." in words(page)
    form_of(page).submit(status=303)
    with services.db.read() as session:
        assert session.query(Note).count() == 3, "they wait in the bin with their record"
    log_in("admin").send(f"/bin/organizations/{second}/purge", status=303)
    with services.db.read() as session:
        assert session.query(Note).count() == 0
        assert session.query(Organization).count() == 1
        dropped = session.scalars(select(AuditEntry).where(AuditEntry.deed == "activity.dropped")).one()
        assert dropped.old == {"notes": 3}
        assert get_record(session, "organizations", first).title == "One"


@pytest.mark.slow
def test_a_note_is_found_by_its_words_as_long_as_it_is_there(log_in: LogIn, make: Make) -> None:
    mill = make("organizations", name="Old Mill")
    sales = log_in("sales")
    write(sales, f"/organizations/{mill}", "Rang about the grinder\nWants the café delivery on Fridays", status=303)
    page = sales.get("/search?q=cafe+grinder")
    assert "Rang about the grinder" in words(page)
    sales.send("/notes/1/edit", {"text": "Nothing more", "version": "1"}, status=303)
    assert "Rang about" not in words(sales.get("/search?q=grinder"))
    assert "Nothing more" in words(sales.get("/search?q=nothing+more"))
    sales.send(f"/organizations/{mill}/delete", {"version": "1"}, status=303)
    assert "Nothing more" not in words(sales.get("/search?q=nothing+more"), ".stack, main .card")
