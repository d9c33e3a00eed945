"""The pages for administrators: users and roles, the style guide."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.audit.models import AuditEntry
from core.services import Services
from core.users.models import LoginSession
from core.users.service import find_user
from tests.conftest import LogIn
from tests.core.pages import words

TEMPLATES = Path(__file__).parents[2] / "templates"
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


def test_the_style_guide_shows_every_component(log_in: LogIn) -> None:
    page = log_in("reader").get("/admin/styleguide")
    for part in (
        ".btn.main", ".tag", ".st.bad", ".figs .fig", ".card", "table.rows", ".tabs", ".seg", ".strip", ".chk",
        ".tasks .task", ".diff",
        ".chips .chip", ".filter .panel .g", ".board .stage .deal", ".jumps .chip", ".several .chosen",
        "table.choosable", ".pager [rel=next]", ".pager [rel=prev]",
        ".banner.warn", ".toast", "dialog", ".timeline", ".plot svg", ".ladder", ".kv", ".empty", ".errs", ".f .err",
    ):  # fmt: skip
        assert page.html.select_one(f"main {part}") is not None, part
    ids = [one["id"] for one in page.html.select("[id]")]
    assert sorted(ids) == sorted(set(ids)), "each part can be named"


def test_every_macro_has_its_place_in_the_style_guide() -> None:
    own, guide = ((TEMPLATES / name).read_text() for name in ("macros.jinja2", "admin/styleguide.jinja2"))
    macros = set(re.findall(r"\{% macro ([a-z]\w*)", own))
    inside = {"page_url", "place_url", "when", "explained", "problems"}  # drawn by others
    assert macros > inside
    assert sorted(name for name in macros - inside if f"ui.{name}(" not in guide) == []
