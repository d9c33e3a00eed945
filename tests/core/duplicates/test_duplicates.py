"""The same person twice is told while typing, listed with the reason, and merged without losing anything."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select

from core.accounting.models import Connection, DocumentLink, Draft, PartyLink
from core.audit.models import AuditEntry
from core.records.custom import TEXT, CustomFieldRow
from core.records.models import Contact, Organization
from core.records.ways import Place, Way
from core.services import Services
from core.users.models import LoginSession
from tests.conftest import LogIn
from tests.core.conftest import Make
from tests.core.pages import form_of, words
from tests.databases import NOW


def test_what_is_there_already_is_told_while_typing_and_once_on_saving(log_in: LogIn, make: Make) -> None:
    make("contacts", first_name="Hana", last_name="Whitiora", email="hana@tui.example", phone="+64 4 801 4420")
    sales = log_in("sales")
    make("contacts", first_name="Rua", last_name="Tane", email="rua@tui.example")
    for typed in ({"email": " HANA@tui.example"}, {"phone": "04 801-4420"}, {"last_name": "Whitiora Hána"},
                  {"first_name": "Hanna", "last_name": "Whitiora"}):  # fmt: skip
        assert "Hana Whitiora" in sales.get("/contacts/similar", typed), typed
    for typed in (
        {"email": "hana@other.example"},
        {"first_name": "Hana"},
        {"phone": "1"},
        {"email": "\x00" + "x" * 10_000},
        {},
    ):
        assert sales.get("/contacts/similar", typed).text.strip() == "", typed
    form = form_of(sales.get("/contacts/new"))
    form["last_name"], form["email"] = "W.", "hana@tui.example"
    page = form.submit(status=409)
    assert "This contact seems to be there already." in words(page)
    assert "Hana Whitiora hana@tui.example (same e-mail)" in words(page)
    again = form_of(page)
    assert again["last_name"].value == "W."
    assert "Save as a new one all the same" in words(page)
    again["email"] = "rua@tui.example"
    page = again.submit(status=409)  # another one, who was not asked about
    assert "Rua Tane rua@tui.example (same e-mail)" in words(page)
    form_of(page).submit(status=303)


def test_who_was_told_while_typing_is_asked_once_more_about_the_same_email_and_about_nothing_else(
    log_in: LogIn, make: Make
) -> None:
    number = str(make("contacts", first_name="Hana", last_name="Whitiora", email="hana@tui.example"))
    sales, told = log_in("sales"), "seen-twin"
    typed = {
        "first_name": "H.",
        "last_name": "W.",
        "email_kind": "Work",
        "phone_kind": "Work",
        "address_kind": "Office",
    }
    page = sales.send("/contacts/new", {**typed, "email": "Hana@TUI.example", told: number}, status=409)
    assert form_of(page)["asked-twin"].value == number
    assert len(sales.get("/contacts").html.select("td.title")) == 1
    named = {**typed, "first_name": "Hana", "last_name": "Whitiora"}
    sales.send("/contacts/new", {**named, "asked-twin": "x" * 5_000}, status=409)
    sales.send("/contacts/new", {**named, told: number}, status=303)


def test_groups_are_listed_with_the_reason_and_not_again_when_they_are_said_to_differ(
    log_in: LogIn, make: Make
) -> None:
    make("contacts", first_name="Mere", last_name="Parata", email="mere@home.example", phone="021 555 123")
    make("contacts", first_name="Mary", last_name="Parata", email="MERE@home.example", phone="+64 21 555 123")
    make("contacts", first_name="Daniel", last_name="Koroma")
    make("contacts", first_name="Daniel", last_name="Korroma")
    make("contacts", first_name="Sam", last_name="Else", email="sam@gmail.com")
    make("organizations", name="Tūī & Co. Ltd", email="a@gmail.com")
    make("organizations", name="Tui", email="b@gmail.com")
    make("organizations", name="Other", website="https://www.mill.example")
    make("organizations", name="Mill", email="x@mill.example")
    sales = log_in("sales")
    page = sales.get("/duplicates")
    reasons = [heading.get_text() for heading in page.html.select(".group h2")]
    assert reasons[0] == "Same e-mail, same phone"
    assert reasons[1].startswith("Similar name, 9")
    assert len(reasons) == 2
    groups = sales.get("/duplicates?kind=organizations").html.select(".group h2")
    assert [heading.get_text() for heading in groups] == ["Same domain", "Same name"]
    next(form for form in page.forms.values() if form.action.endswith("/apart")).submit(status=303)
    assert len(sales.get("/duplicates").html.select(".group")) == 1
    for query in (
        "kind=x",
        "kind=projects",
        "after=%27%22",
        "after=email:zzz",
        "after=near:" + "z" * 9_000,
        "after=%00",
    ):
        sales.get(f"/duplicates?{query}", status=200)
    for hostile in ({"id": "x" * 10_000}, {"id": "99999999999"}, {}):
        sales.send("/duplicates/contacts/apart", hostile, status=303)


def test_two_that_share_several_addresses_are_one_group_and_what_many_have_hides_nothing(
    log_in: LogIn, make: Make
) -> None:
    ways = (Way("Work", "b@twice.example"), Way("Other", "zz@all.example"))
    back = (Way("Work", "a@twice.example"), ways[1])
    make("contacts", first_name="Ana", last_name="Bell", email="a@twice.example", more_emails=ways)
    make("contacts", first_name="Bea", last_name="Carr", email="B@twice.example", more_emails=back)
    make("contacts", first_name="Cy", last_name="Dell", phone="021 555 777", email="aa@all.example")
    make("contacts", first_name="Di", last_name="Ely", phone="021 555 777", email="aa@all.example")
    for number in range(20):
        make("contacts", first_name=f"Person{number}", last_name=chr(65 + number) * 5, email="aa@all.example")
    groups = log_in("sales").get("/duplicates").html.select(".group")
    told = [(group.h2.get_text(), [link.get_text() for link in group.select("span > a")]) for group in groups]
    assert told[0] == ("Same e-mail", ["Ana Bell", "Bea Carr"])
    assert ("Same e-mail, same phone", ["Cy Dell", "Di Ely"]) in told, "22 have the address; two the number, too"
    assert sum("Ana Bell" in names for _, names in told) == 1


def _books(services: Services, first: int, second: int) -> None:
    """Both are linked to one party and one document, the second to another of each; and it has a draft."""
    with services.db.begin() as session:
        connection = Connection(provider="stub", name="Books", organisation_id="o", organisation={}, connected_at=NOW)
        session.add(connection)
        session.flush()
        base: dict[str, Any] = {"kind": "organizations", "connection_id": connection.id}
        for number, key in ((first, "one"), (second, "one"), (second, "two")):
            session.add(PartyLink(record_id=number, party_id=key, linked_at=NOW, **base))
            document = {"document_id": key, "document_kind": "sales_invoice"}
            session.add(DocumentLink(record_id=number, linked_at=NOW, **document, **base))
        stamps = {"created_by": 1, "created_at": NOW, "updated_at": NOW}
        session.add(Draft(key="k", record_id=second, payload={}, **stamps, **base))


def test_merging_moves_everything_and_doubles_nothing(log_in: LogIn, make: Make, services: Services) -> None:
    with services.db.begin() as session:
        session.add(CustomFieldRow(kind="organizations", key="size", label="Size", style=TEXT))
    first = make("organizations", name="Tui", email="a@tui.example", phone="04 801 4420", tags=("Cafe",),
                 city="Wellington", more_emails=(Way("Work", "c@tui.example"),))  # fmt: skip
    second = make("organizations", name="Tūī Ltd", email="b@tui.example", phone="048014420",
                  tags=("cafe shop", "Cafe"), city="Nelson", website="https://tui.example", custom={"size": "big"},
                  more_emails=(Way("Private", "C@tui.example"), Way("Work", "A@tui.example")))  # fmt: skip
    contact = make("contacts", first_name="Hana", organization_id=second)
    _books(services, first, second)
    sales = log_in("sales")
    page = sales.get(f"/organizations/{first}/merge/{second}")
    form = form_of(page)
    assert [form[f"pick-{name}"].value for name in ("name", "website", "custom_size")] == ["kept", "other", "other"]
    form["pick-name"], form["pick-email"] = "other", "other"
    assert words(form.submit(status=303).follow(), "h1") == "Tūī Ltd"
    with services.db.read() as session:
        kept = session.get_one(Organization, first)
        assert (kept.email, kept.phone, kept.website) == ("b@tui.example", "04 801 4420", "https://tui.example")
        assert [str(one) for one in kept.more_emails] == ["a@tui.example (work)", "c@tui.example (work)"]
        assert kept.more_phones == ()
        assert kept.more_addresses == (Place("Office", city="Nelson"),)
        assert (kept.tags, kept.custom) == (("Cafe", "cafe shop"), {"size": "big"})
        assert session.get_one(Contact, contact).organization_id == first
        assert sorted((one.record_id, one.party_id) for one in session.scalars(select(PartyLink))) == [
            (first, "one"),
            (first, "two"),
        ]
        assert sorted(one.document_id for one in session.scalars(select(DocumentLink))) == ["one", "two"]
        assert session.scalars(select(Draft.record_id)).all() == [first]
        deeds = {(one.record_id, one.deed) for one in session.scalars(select(AuditEntry))}
        assert {
            (first, "record.merged"),
            (second, "record.merged_into"),
            (second, "record.deleted"),
            (first, "party linked"),
        } <= deeds
    assert [a.get_text() for a in sales.get("/search", {"q": "hana ltd"}).html.select(".hits a")] == ["Hana"]
    moved = sales.get(f"/organizations/{second}", status=303)
    assert moved.location.endswith(f"/organizations/{first}")
    assert "was merged into" in words(moved.follow())
    sales.send(f"/bin/organizations/{second}/restore", status=303)
    sales.get(f"/organizations/{second}", status=200)


def test_what_was_done_to_a_record_before_it_was_merged_stands_in_the_timeline_of_the_one_that_stays(
    log_in: LogIn, make: Make
) -> None:
    ids = [make("contacts", last_name=name) for name in ("Tahi", "Rua", "Toru")]
    sales = log_in("sales")
    for number, city in zip(ids[1:], ("Nelson", "Napier"), strict=True):
        form = form_of(sales.get(f"/contacts/{number}/edit"))
        form["city"] = city
        form.submit(status=303)
    for kept, other in ((ids[1], ids[2]), (ids[0], ids[1])):
        form_of(sales.get(f"/contacts/{kept}/merge/{other}")).submit(status=303)
    told = words(sales.get(f"/contacts/{ids[0]}/timeline"), "main")
    assert "Nelson" in told
    assert f"on #{ids[1]}, which became part of this one" in told
    assert "Napier" in told
    assert told.count("Deleted") == 0


def test_a_merge_that_a_record_could_not_hold_says_what_to_take_out_and_changes_nothing(
    log_in: LogIn, make: Make, services: Services
) -> None:
    both = [
        make("contacts", last_name=name, tags=[f"{name}{place}" for place in range(15)], more_emails=tuple(
            Way("Work", f"{name}{place}@tui.example") for place in range(15)))
        for name in ("rua", "toru")
    ]  # fmt: skip
    sales = log_in("sales")
    page = sales.get(f"/contacts/{both[0]}/merge/{both[1]}")
    assert "Together they have 30 tags, and at most 20 fit." in words(page)
    assert "Together they have 30 further e-mail addresses, and at most 20 fit." in words(page)
    assert form_of(page).submit(status=422)
    with services.db.read() as session:
        assert len(session.get_one(Contact, both[0]).more_emails) == 15
        assert session.get_one(Contact, both[1]).deleted_at is None


def test_a_merge_on_old_versions_changes_nothing_and_oddities_are_no_faults(
    log_in: LogIn, make: Make, services: Services
) -> None:
    first, second = (make("contacts", first_name=name) for name in ("Mere", "Mary"))
    sales = log_in("sales")
    form = form_of(sales.get(f"/contacts/{first}/merge/{second}"))
    edit = form_of(sales.get(f"/contacts/{second}/edit"))
    edit["job_title"] = "Owner"
    edit.submit(status=303)
    page = form.submit(status=409)
    assert "It changed meanwhile" in words(page)
    with services.db.read() as session:
        assert len(session.scalars(select(Contact)).all()) == 2
    for path in (
        f"{first}/merge/{first}",
        f"{first}/merge/999",
        f"{first}/merge/99999999999",
        f"99999999999/merge/{first}",
    ):
        sales.get(f"/contacts/{path}", status=404)
    fields = {"kept_version": "1", "other_version": "2", "pick-first_name": "x" * 10_000, "pick-nothing": "other"}
    sales.send(f"/contacts/{first}/merge/{second}", fields, status=303)
    log_in("reader").get(f"/contacts/{first}/merge/{second}", status=403)


def test_who_was_logged_out_is_not_led_away_from_a_form_by_what_it_asks_while_typing(
    log_in: LogIn, services: Services
) -> None:
    sales = log_in("sales")
    form = form_of(sales.get("/contacts/new"))
    form["first_name"] = "Zed"
    with services.db.begin() as session:
        session.execute(delete(LoginSession))
    for path in ("/contacts/similar?first_name=Zed", "/organizations/choices?q=a", "/search/suggest?q=a"):
        answer = sales.get(path, headers={"HX-Request": "true"}, status=204)
        assert "HX-Redirect" not in answer.headers
    assert "Log in" in words(form.submit(status=401))
