"""The audit trail: what its page tells, finds and exports, and that nobody changes it."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DatabaseError

from core.audit.models import AuditEntry
from core.audit.service import record_deed
from core.services import Services
from core.users.models import Role, User
from core.users.service import find_user
from tests.conftest import LogIn
from tests.core.pages import words
from tests.databases import NOW

INES = {"name": "Ines Duarte", "email": "ines@kereru.example"}
DAY = dt.timedelta(days=1)


def number_of(services: Services, login: str) -> int:
    with services.db.read() as session:
        user = find_user(session, login)
        assert user is not None
        return user.id


def rows(page: Any) -> list[str]:
    return [" ".join(row.get_text(" ").split()) for row in page.html.select("main tbody tr")]


def changes(page: Any, place: int) -> list[list[str]]:
    """Of an entry each value: label, what it was, what it became."""
    for spoken in page.html.select(".diff .only-sr"):
        spoken.extract()
    lines = page.html.select("main tbody tr")[place].select(".diff > div")
    return [[" ".join(cell.get_text().split()) for cell in line.select("dt, dd")] for line in lines]


def test_the_audit_trail_tells_who_did_what_newest_first(log_in: LogIn) -> None:
    admin, sales = log_in("admin"), log_in("sales")
    assert "Nothing yet" in words(admin.get("/admin/audit"))
    sales.send("/organizations/new", {"name": "<b>Old Mill</b>"}, status=303)
    sales.send("/organizations/1/edit", {"name": "New Mill", "version": "1"}, status=303)
    page = admin.get("/admin/audit")
    assert "Mere Tautari Changed New Mill organization" in rows(page)[0]
    assert "Mere Tautari Created" in rows(page)[1]
    assert changes(page, 0) == [["Name", "<b>Old Mill</b>", "New Mill"]], "the old value stands beside the new"


def test_the_audit_trail_has_pages_by_key(log_in: LogIn, services: Services) -> None:
    with services.db.begin() as session:
        for number in range(120):
            record_deed(session, when=NOW, user_id=1, deed="party linked", new={"party": f"No. {number}."})
    first = log_in("admin").get("/admin/audit?who=1")
    assert (len(rows(first)), "No. 119." in rows(first)[0], "Newer" in words(first)) == (50, True, False)
    last = first.click("Older").click("Older")
    assert (len(rows(last)), "No. 0." in rows(last)[-1], "Older" in words(last)) == (20, True, False)
    middle = last.click("Newer")
    assert ("No. 69." in rows(middle)[0], "No. 20." in rows(middle)[-1]) == (True, True)
    assert rows(middle.click("Newer")) == rows(first) == rows(last.click("Newest"))
    for odd in ("before=x", "before=-1", "before=99999999999999999999", "after=999999999", "before=%00", "page=2"):
        assert rows(first.goto(f"/admin/audit?{odd}")) == rows(first), odd


def test_filters_combine_and_what_cannot_be_read_is_said(log_in: LogIn, services: Services) -> None:
    sales, admin = log_in("sales"), log_in("admin")
    for name in ("Tūī Design", "Sawmill"):
        sales.send("/organizations/new", {"name": name}, status=303)
    admin.send("/organizations/1/edit", {"name": "Tūī Studio", "email": "a%b@tui.example", "version": "1"}, status=303)
    sales.send("/organizations/2/delete", {"version": "1"}, status=303)
    with services.db.begin() as session:
        record_deed(session, when=NOW - 3 * DAY, user_id=None, deed="accounting connected", new={"in": "Harbour"})
    found = {
        "who=2": 3, "who=1": 1, "who=0": 1, "deed=record.changed": 1, "kind=organizations": 4, "kind=contacts": 0,
        "q=Tūī+Studio": 2, "q=tūī": 2, "q=%25": 1, "q=sawmill": 2, "q=sawmill&deed=record.deleted": 1, "q=%22": 0,
        "since=2026-11-22": 4, "until=2026-11-21": 1, "since=2026-11-19&until=2026-11-19": 1, "who=1&q=sawmill": 0,
    }  # fmt: skip
    for asked, number in found.items():
        query = quote(asked, safe="=&+%")
        page = admin.get(f"/admin/audit?{query}")
        assert len(rows(page)) == number, query
        lines = list(csv.reader(io.StringIO(admin.get(f"/admin/audit.csv?{query}").body.decode("utf-8-sig"))))
        assert len(lines) == number + 1, query
    for query in ("since=tomorrow", "until=0001-01-01", "who=999", "who=x", "deed=<b>", "kind=%00", f"q={'x' * 300}"):
        page = admin.get(f"/admin/audit?{query}", status=422)
        assert rows(page) == []
        admin.get(f"/admin/audit.csv?{query}", status=422)
    assert "Write the date as year-month-day" in words(admin.get("/admin/audit?since=tomorrow", status=422))


def test_who_may_not_read_a_value_does_not_find_by_it(log_in: LogIn, services: Services) -> None:
    with services.db.begin() as session:
        session.add(role := Role(key="auditor", title="Auditor", rights=["audit.see"]))
        session.get_one(User, 4).role = role
        record_deed(session, when=NOW, user_id=1, deed="party linked", new={"party": "Secret Survivor"})
        record_deed(session, when=NOW, user_id=1, deed="party linked", new={"party": "Hidden", "in_id": 99})
    auditor = log_in("reader")
    page = auditor.get("/admin/audit")
    assert [row.count("Your role does not show") for row in rows(page)] == [1, 1]
    assert "Survivor" not in page
    assert "Survivor" not in auditor.get("/admin/audit.csv")
    for query in ("?q=survivor", "?q=hidden"):
        assert rows(auditor.get(f"/admin/audit{query}")) == []
        assert auditor.get(f"/admin/audit.csv{query}").text.count("\n") == 1
    assert len(rows(log_in("admin").get("/admin/audit?q=survivor"))) == 1


@pytest.mark.slow
def test_the_file_holds_no_formula_and_all_there_is(log_in: LogIn, services: Services) -> None:
    with services.db.begin() as session:
        for _ in range(1_100):
            record_deed(session, when=NOW, user_id=1, deed="party linked", new={"party": "x"})
    log_in("sales").send("/organizations/new", {"name": '=HYPERLINK("https://evil.example")'}, status=303)
    answer = log_in("admin").get("/admin/audit.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit-2026-11-22.csv"'
    lines = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))))
    assert len(lines) == 1_102
    assert lines[1][:6] == [
        "2026-11-22 00:00:00", "Mere Tautari", "Created", "'=HYPERLINK(\"https://evil.example\")", "organization", "1",
    ]  # fmt: skip
    assert lines[1][7].startswith("Name: =HYPERLINK"), "the cell begins with the label"


@pytest.mark.slow
def test_nobody_changes_or_deletes_an_entry_not_even_in_the_database(services: Services) -> None:
    with services.db.begin() as session:
        session.add(User(login="gone", name="Gone", password_hash="", role_id=1, created_at=NOW))
        session.flush()
        leaver = find_user(session, "gone")
        assert leaver is not None
        record_deed(session, when=NOW, user_id=leaver.id, deed="record.changed", new={"name": "As it was"})
    for statement in (
        update(AuditEntry).values(new={}),
        update(AuditEntry).values(user_id=None, deed="record.created"),
        update(AuditEntry).values(at=NOW - DAY),
        delete(AuditEntry),
        text("UPDATE audit_entries SET kind = 'contacts'"),
    ):
        with pytest.raises(DatabaseError, match="never changed or deleted"), services.db.begin() as session:
            session.execute(statement)
    with services.db.begin() as session:
        session.execute(delete(User).where(User.login == "gone"))
    with services.db.read() as session:
        entry = session.query(AuditEntry).one()
        assert (entry.user_id, entry.deed, entry.new, entry.at) == (None, "record.changed", {"name": "As it was"}, NOW)


@pytest.mark.slow
def test_the_audit_trail_says_values_as_people_say_them(log_in: LogIn, services: Services) -> None:
    owner, values = (
        number_of(services, "sales"),
        {"close_date": "2026-11-30", "amount": "11.50 NZD", "tags": ["a", "b"]},
    )
    old: dict[str, object] = {"owner_id": owner, **values, "active": True, "notes": "", "in": "Books", "in_id": 3}
    with services.db.begin() as session:
        record_deed(
            session,
            when=NOW,
            user_id=1,
            deed="record.changed",
            kind="opportunities",
            record_id=7,
            old=old,
            new={"owner_id": 999_999},
        )
        record_deed(session, when=NOW, user_id=1, deed="user.changed", old={"role": "reader"}, new={"role": "sales"})
        scopes = {"provider": "gone", "scopes": "one.read two"}
        record_deed(session, when=NOW, user_id=1, deed="accounting connected", new=scopes)
    page = log_in("admin").get("/admin/audit")
    assert changes(page, 0) == [["Provider", "", "gone"], ["Permissions", "", "one.read two"]]
    assert changes(page, 1) == [["Role", "Reader", "Sales"]]
    assert changes(page, 2) == [
        ["Owner", "Mere Tautari", "somebody who is not there any more"],
        ["Expected close", "30 Nov 2026", ""],
        ["Amount", "NZ$ 11.50", ""],
        ["Tags", "a; b", ""],
        ["Active", "yes", ""],
        ["Notes", "–", ""],
        ["In", "Books", ""],
    ]


@pytest.mark.slow
def test_the_audit_trail_names_what_was_done_to_whom(log_in: LogIn, services: Services) -> None:
    sales, admin = log_in("sales"), log_in("admin")
    for name in ("Old Mill", "Sawmill"):
        sales.send("/organizations/new", {"name": name}, status=303)
    sales.send("/organizations/2/delete", {"version": "1"}, status=303)
    reader = number_of(services, "reader")
    admin.send(f"/admin/users/{reader}", {**INES, "role": "sales", "active": "yes"}, status=303)
    cells = [row.select("td")[3] for row in admin.get("/admin/audit").html.select("main tbody tr")]
    assert [" ".join(cell.get_text(" ").split()) for cell in cells] == [
        "Ines Duarte user",
        "Sawmill organization, deleted",
        "Sawmill organization, deleted",
        "Old Mill organization",
    ]
    assert [cell.a["href"] if cell.a else None for cell in cells] == [
        f"/admin/users/{reader}",
        None,
        None,
        "/organizations/1",
    ]


@pytest.mark.slow
def test_a_deleted_record_whose_name_nobody_wrote_down_is_told_by_its_number(log_in: LogIn, services: Services) -> None:
    with services.db.begin() as session:
        record_deed(session, when=NOW, user_id=None, deed="record.changed", kind="organizations", record_id=9)
        record_deed(session, when=NOW, user_id=None, deed="accounting connected", new={"organisation": "Harbour"})
    page = log_in("admin").get("/admin/audit")
    assert [row.select("td")[3].get_text(strip=True) for row in page.html.select("tbody tr")] == [
        "",
        "Organization 9organization, deleted",
    ]
    assert page.html.select("main tbody a") == []
