"""What an administrator changes about a user."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from core.services import Services
from core.users.models import Role, User
from tests.conftest import LogIn
from tests.core.pages import words
from tests.core.users.people import invite, user


@pytest.mark.slow
class TestUserPages:
    @pytest.mark.slow
    def test_a_user_is_signed_out_everywhere_by_an_administrator(self, log_in: LogIn, services: Services) -> None:
        sales, admin = log_in("sales"), log_in("admin")
        number = user(services, "sales").id
        page = admin.get(f"/admin/users/{number}")
        assert "Where Mere Tautari is logged in" in words(page)
        admin.send(f"/admin/users/{number}/sign-out", status=303)
        sales.get("/", status=302)

    @pytest.mark.slow
    def test_of_two_administrators_who_change_a_user_the_second_is_told(
        self, log_in: LogIn, services: Services
    ) -> None:
        number = user(services, "sales").id
        pages = [log_in("admin").get(f"/admin/users/{number}") for _ in range(2)]
        first, second = (next(form for form in page.forms.values() if "name" in form.fields) for page in pages)
        first["name"], second["name"] = "First", "Second"
        first.submit(status=303)
        page = second.submit(status=409)
        assert "Somebody else saved First while you had the form open." in words(page)
        assert [cell.get_text() for cell in page.html.select("tbody td.num")] == ["Name"]
        assert user(services, "sales").name == "First"
        again = next(form for form in page.forms.values() if "name" in form.fields)
        assert again["name"].value == "Second"
        again.submit(status=303)
        assert user(services, "sales").name == "Second"

    @pytest.mark.slow
    def test_nobody_gives_or_takes_over_rights_that_he_does_not_have(self, log_in: LogIn, services: Services) -> None:
        with services.db.begin() as session:
            role = session.query(Role).filter_by(key="reader").one()
            role.rights = ["admin.users"]
        helper = log_in("reader")
        ids = {login: user(services, login).id for login in ("admin", "reader", "sales")}
        mine = {"name": "Ines", "email": "ines@kereru.example", "active": "yes"}
        refused = "You cannot give rights that you do not have"
        assert refused in words(helper.send(f"/admin/users/{ids['reader']}", {**mine, "role": "admin"}, status=422))
        page = helper.send(f"/admin/users/{ids['admin']}", {**mine, "role": "admin"}, status=422)
        assert refused in words(page), "another's e-mail would lead to another's rights"
        assert refused in words(helper.send(f"/admin/users/{ids['admin']}/link", status=303).follow())
        assert refused in words(invite(helper, role="admin"))
        page = helper.send("/admin/roles/new", {"title": "Boss", "rights": "*"}, status=422)
        assert refused in words(page)
        page = helper.send("/admin/roles/4", {"title": "Reader", "version": "2", "rights": "records.edit"}, status=422)
        assert refused in words(page)
        invite(helper, role="reader").mustcontain("is invited")


@pytest.mark.slow
def test_of_two_who_save_a_user_at_the_same_moment_the_second_waits_and_sees_both(
    log_in: LogIn, services: Services
) -> None:
    number = user(services, "sales").id
    page = log_in("admin").get(f"/admin/users/{number}")
    form = next(form for form in page.forms.values() if "name" in form.fields)
    form["name"] = "Second"
    answers: list[Any] = []
    with services.db.begin() as session:
        session.get_one(User, number).name = "First"
        session.flush()
        second = threading.Thread(target=lambda: answers.append(form.submit(status=409)))
        second.start()
        second.join(0.5)
        assert answers == [], "it waits for the first"
    second.join(20)
    assert "Somebody else saved First while you had the form open." in words(answers[0])
