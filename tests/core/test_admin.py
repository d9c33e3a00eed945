"""The pages for administrators: users and roles, the audit trail, the style guide."""

from __future__ import annotations

import pytest

from core.audit.models import AuditEntry
from core.audit.service import record_deed
from core.services import Services
from core.users.models import LoginSession
from core.users.service import find_user
from tests.conftest import LogIn
from tests.core.pages import words
from tests.databases import NOW

pytestmark = pytest.mark.slow  # walks through pages


INES = {"name": "Ines Duarte", "email": "ines@kereru.example"}
MERE = {"name": "Mere Tautari", "email": "mere@kereru.example"}
AROHA = {"name": "Aroha Ngata", "email": "aroha@kereru.example"}


def number_of(services: Services, login: str) -> int:
    with services.db.read() as session:
        user = find_user(session, login)
        assert user is not None
        return user.id


def test_another_role_holds_from_the_next_page_on(log_in: LogIn, services: Services) -> None:
    reader, admin = log_in("reader"), log_in("admin")
    reader.get("/contacts/new", status=403)
    number = number_of(services, "reader")
    page = admin.send(f"/admin/users/{number}", {**INES, "role": "sales", "active": "yes"}, status=303).follow()
    assert "Ines Duarte was saved." in words(page)
    reader.get("/contacts/new", status=200)
    with services.db.read() as session:
        entry = session.query(AuditEntry).one()
    assert (entry.deed, entry.record_id, entry.old, entry.new) == (
        "user.changed",
        number,
        {"role": "reader"},
        {"role": "sales"},
    )


def test_who_is_deactivated_is_logged_out_everywhere(log_in: LogIn, services: Services) -> None:
    sales, admin, number = log_in("sales"), log_in("admin"), number_of(services, "sales")
    admin.send(f"/admin/users/{number}", {**MERE, "role": "sales"}, status=303)
    sales.get("/", status=302)
    with services.db.read() as session:
        assert session.query(LoginSession).filter_by(user_id=number).count() == 0
    assert "Deactivated" in words(admin.get("/admin/users"))
    admin.send(f"/admin/users/{number}", {**MERE, "role": "sales", "active": "yes"}, status=303)
    log_in("sales")


@pytest.mark.parametrize("fields", [{"role": "reader", "active": "yes"}, {"role": "admin"}])
def test_somebody_must_always_be_able_to_do_everything(
    log_in: LogIn, services: Services, fields: dict[str, str]
) -> None:
    admin, number = log_in("admin"), number_of(services, "admin")
    page = admin.send(f"/admin/users/{number}", AROHA | fields, status=422)
    assert "Aroha Ngata is the only one who may do everything." in words(page)
    sales = number_of(services, "sales")
    admin.send(f"/admin/users/{sales}", {**MERE, "role": "admin", "active": "yes"}, status=303)
    admin.send(f"/admin/users/{number}", AROHA | fields, status=303)


@pytest.mark.parametrize("role", ["", "boss", "<b>"])
def test_a_role_that_is_not_there_is_refused(log_in: LogIn, services: Services, role: str) -> None:
    number = number_of(services, "sales")
    page = log_in("admin").send(f"/admin/users/{number}", {**MERE, "role": role, "active": "yes"}, status=422)
    assert "Choose one of the list." in words(page)


def test_a_user_who_is_not_there_is_told_so(log_in: LogIn) -> None:
    log_in("admin").send("/admin/users/999", {"role": "admin"}, status=404)


def test_the_audit_trail_tells_who_did_what_newest_first(log_in: LogIn) -> None:
    admin, sales = log_in("admin"), log_in("sales")
    assert "Nothing yet" in words(admin.get("/admin/audit"))
    sales.send("/organizations/new", {"name": "<b>Old Mill</b>"}, status=303)
    sales.send("/organizations/1/edit", {"name": "New Mill", "version": "1"}, status=303)
    rows = [row.get_text(" ", strip=True) for row in admin.get("/admin/audit").html.select("tbody tr")]
    changed = " ".join(rows[0].split())
    assert "Mere Tautari Changed New Mill organization" in changed
    assert changed.endswith("name <b>Old Mill</b> name New Mill"), "the old value stands before the new"
    assert "Mere Tautari Created" in rows[1]


def test_the_audit_trail_has_pages(log_in: LogIn) -> None:
    sales, admin = log_in("sales"), log_in("admin")
    token = sales.token()
    for number in range(51):
        sales.post("/organizations/new", {"csrf_token": token, "name": f"Company {number}"})
    page = admin.get("/admin/audit")
    assert len(page.html.select("tbody tr")) == 50
    assert "Company 0" in words(page.click("Older"), "tbody")
    for first in ("x", "-1", "0"):
        assert "Company 50" in words(admin.get(f"/admin/audit?page={first}"), "tbody")
    behind = admin.get("/admin/audit?page=99999")
    assert "Company 0" in words(behind, "tbody")
    assert "Page 2 Newer" in words(behind)


def test_the_audit_trail_says_values_as_people_say_them(log_in: LogIn, services: Services) -> None:
    owner, values = number_of(services, "sales"), {"close_date": "2026-11-30", "amount": "-6400", "tags": ["a", "b"]}
    old: dict[str, object] = {"owner_id": owner, **values, "active": True, "notes": "", "in": "Books", "in_id": 3}
    with services.db.begin() as session:
        record_deed(session, when=NOW, user_id=1, deed="record.changed", old=old, new={"owner_id": 999_999})
        record_deed(session, when=NOW, user_id=1, deed="party linked", new={"party": "Harbour", "party_id": "p-1"})
        record_deed(session, when=NOW, user_id=1, deed="user.changed", old={"role": "reader"}, new={"role": "sales"})
        scopes = {"provider": "gone", "scopes": "one.read two"}
        record_deed(session, when=NOW, user_id=1, deed="accounting connected", new=scopes)
    rows = log_in("admin").get("/admin/audit").html.select("tbody tr")
    told = [[" ".join(cell.get_text(" ").split()) for cell in row.select("td")] for row in rows]
    assert told[0][5] == "provider gone permissions one.read, two"
    assert told[1][4:] == ["role Reader", "role Sales"]
    assert (told[2][2], told[2][5]) == ("Contact linked", "contact Harbour")
    said = "owner Mere Tautari close date 30 Nov 2026 amount −6,400.00 tags a; b active yes notes – in Books"
    assert told[3][4:] == [said, "owner somebody who is not there any more"]


def test_the_audit_trail_names_what_was_done_to_whom(log_in: LogIn, services: Services) -> None:
    sales, admin = log_in("sales"), log_in("admin")
    for name in ("Old Mill", "Sawmill"):
        sales.send("/organizations/new", {"name": name}, status=303)
    sales.send("/organizations/2/delete", {"version": "1"}, status=303)
    reader = number_of(services, "reader")
    admin.send(f"/admin/users/{reader}", {**INES, "role": "sales", "active": "yes"}, status=303)
    cells = [row.select("td")[3] for row in admin.get("/admin/audit").html.select("tbody tr")]
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


def test_the_style_guide_shows_every_component(log_in: LogIn) -> None:
    page = log_in("reader").get("/admin/styleguide")
    for part in (
        ".btn.main", ".tag", ".st.bad", ".figs .fig", ".card", "table.rows", ".tabs", ".seg", ".strip", ".chk",
        ".banner.warn", ".toast", "dialog", ".timeline", ".plot svg", ".ladder", ".kv", ".empty", ".errs", ".f .err",
    ):  # fmt: skip
        assert page.html.select_one(f"main {part}") is not None, part
