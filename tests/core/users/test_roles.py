"""Roles and their rights, and who may give which."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from core.audit.models import AuditEntry
from core.services import Services
from core.users.models import Role
from tests.conftest import LogIn
from tests.core.pages import form_of, words
from tests.core.users.people import invite, user


@pytest.mark.slow
class TestRoles:
    @staticmethod
    def role(services: Services, key: str) -> Role | None:
        with services.db.read() as session:
            return session.scalars(select(Role).where(Role.key == key)).first()

    @pytest.mark.slow
    def test_a_role_is_made_copied_renamed_changed_and_deleted(self, log_in: LogIn, services: Services) -> None:
        admin = log_in("admin")
        form = form_of(admin.get("/admin/roles/new?copy=2"))
        assert form["title"].value == "Sales (copy)"
        form["title"] = "Field sales"
        form.submit(status=303)
        made = self.role(services, "field-sales")
        sales = self.role(services, "sales")
        assert made is not None
        assert sales is not None
        assert set(made.rights) == set(sales.rights)
        fields = {"title": "Outside sales", "version": "1", "rights": "records.edit"}
        admin.send(f"/admin/roles/{made.id}", fields, status=303)
        assert "Somebody else changed this role" in admin.send(f"/admin/roles/{made.id}", fields, status=303).follow()
        changed = self.role(services, "field-sales")
        assert changed is not None
        assert (changed.title, changed.rights) == ("Outside sales", ["records.edit"])
        admin.send(f"/admin/roles/{made.id}/delete", status=303)
        assert self.role(services, "field-sales") is None
        rows = [" ".join(row.get_text(" ").split()) for row in admin.get("/admin/audit").html.select("tbody tr")]
        assert "Role deleted Outside sales role" in rows[0]
        assert "became Create, change and delete records" in rows[1]
        with services.db.read() as session:
            told = [(one.deed, one.old, one.new) for one in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
        assert [deed for deed, _, _ in told] == ["role.made", "role.changed", "role.deleted"]
        assert told[1][1:] == (
            {"title": "Field sales", "rights": sorted(sales.rights)},
            {"title": "Outside sales", "rights": ["records.edit"]},
        )

    @pytest.mark.slow
    def test_a_right_holds_from_the_next_page_on(self, log_in: LogIn, services: Services) -> None:
        admin, reader = log_in("admin"), log_in("reader")
        reader.get("/contacts/new", status=403)
        fields = {"title": "Reader", "version": "1", "rights": "records.edit"}
        admin.send("/admin/roles/4", fields, status=303)
        reader.get("/contacts/new", status=200)

    @pytest.mark.slow
    def test_a_role_that_somebody_has_or_is_invited_with_and_that_of_the_admin_are_not_deleted(
        self, log_in: LogIn, services: Services
    ) -> None:
        admin = log_in("admin")
        assert "1 person has it" in words(admin.send("/admin/roles/2/delete", status=303).follow())
        admin.send("/admin/roles/new", {"title": "Temps"}, status=303)
        invite(admin, role="temps")
        assert "1 person is invited with it" in words(admin.send("/admin/roles/5/delete", status=303).follow())
        assert "This role stays" in words(admin.send("/admin/roles/1/delete", status=303).follow())
        admin.send("/admin/roles/1", {"title": "Bosses", "version": "1", "rights": "records.edit"}, status=303)
        boss = self.role(services, "admin")
        assert boss is not None
        assert (boss.title, boss.rights) == ("Bosses", ["*"])

    @pytest.mark.slow
    def test_the_last_who_may_do_everything_keep_it_whatever_their_role_is_called(
        self, log_in: LogIn, services: Services
    ) -> None:
        admin = log_in("admin")
        admin.send("/admin/roles/new", {"title": "Owner", "rights": ["*", "records.edit"]}, status=303)
        number = user(services, "admin").id
        me = {"name": "Aroha Ngata", "email": "aroha@kereru.example", "active": "yes"}
        admin.send(f"/admin/users/{number}", {**me, "role": "owner"}, status=303)
        page = admin.send("/admin/roles/5", {"title": "Owner", "version": "1", "rights": "admin.users"}, status=422)
        assert "Only people with this role may do everything." in words(page)
        sales = {"name": "Mere", "email": "", "active": "yes", "role": "admin"}
        admin.send(f"/admin/users/{user(services, 'sales').id}", sales, status=303)
        admin.send("/admin/roles/5", {"title": "Owner", "version": "1", "rights": "admin.users"}, status=303)
        admin.get("/admin/plugins", status=403)

    @pytest.mark.parametrize("title", ["", " \u200b ", "Sales", "SALES", "x" * 81, "\x00"])
    @pytest.mark.slow
    def test_a_title_that_cannot_be_used_is_told(self, log_in: LogIn, services: Services, title: str) -> None:
        page = log_in("admin").send("/admin/roles/new", {"title": title, "rights": "records.edit"}, status=422)
        assert page.html.select("input[name=rights][value='records.edit'][checked]"), "what was ticked stays ticked"

    @pytest.mark.slow
    def test_rights_that_are_not_there_are_not_given_and_those_of_plugins_that_are_off_are_kept(
        self, log_in: LogIn, services: Services
    ) -> None:
        with services.db.begin() as session:
            session.query(Role).filter_by(key="reader").one().rights = ["gone.see"]
        admin = log_in("admin")
        assert "gone.see" in words(admin.get("/admin/roles/4"))
        fields = {"title": "Reader", "version": "2", "rights": ["no.such", "<b>", "audit.see"]}
        admin.send("/admin/roles/4", fields, status=303)
        reader = self.role(services, "reader")
        assert reader is not None
        assert reader.rights == ["audit.see", "gone.see"]

    @pytest.mark.slow
    def test_every_right_of_core_and_plugins_can_be_ticked(self, log_in: LogIn, app: Any) -> None:
        page = log_in("admin").get("/admin/roles/new")
        boxes = {box["value"] for box in page.html.select("input[name=rights]")}
        assert boxes == {"*", *(right.key for right in app.registry.rights)}
