"""What PostgreSQL refuses to store ends in a clear answer, not in a fault of ours."""

from __future__ import annotations

from typing import Any

import pytest
from pyramid.config import Configurator
from sqlalchemy import select

from core.users.models import Role
from tests.conftest import Browser, LogIn

pytestmark = pytest.mark.postgres


@pytest.fixture
def database_url(postgres_url: str) -> str:
    return postgres_url


def test_the_character_nul_in_a_log_in_is_a_wrong_log_in(client: Browser) -> None:
    answer = client.send("/login", {"login": "admin\x00", "password": "\x00"}, status=422)
    assert "wrong" in answer


def test_the_character_nul_past_a_form_is_refused(log_in: LogIn) -> None:
    admin = log_in("admin")
    admin.send("/admin/users/2", {"role": "sales\x00", "active": "yes"}, status=(400, 422))


def test_a_value_that_no_form_caught_gets_a_plain_answer_and_not_a_fault(app: Any, log_in: LogIn) -> None:
    browser = log_in("admin")

    def ask(request: Any) -> None:
        request.dbsession.execute(select(Role).where(Role.key == "sales\x00"))

    config = Configurator(registry=app.registry)
    config.add_route("careless", "/careless")
    config.add_view(ask, route_name="careless", permission="login")
    config.commit()
    assert "cannot be read" in browser.get("/careless", status=400)


def test_an_id_beyond_all_ids_is_not_there(log_in: LogIn) -> None:
    browser = log_in("sales")
    browser.get("/contacts/999999999", status=404)
    fields = {"first_name": "Ann", "last_name": "Rata", "organization_id": "#999999999999999999"}
    assert "not there any more" in browser.send("/contacts/new", fields, status=422)
    browser.get("/contacts/new?organization_id=99999999999999999")


def test_a_record_is_made_and_found_on_postgresql(log_in: LogIn) -> None:
    browser = log_in("sales")
    made = browser.send("/organizations/new", {"name": "Ōtaki Beach Motel\x00"}, status=303)
    assert "Ōtaki Beach Motel" in made.follow()
    assert "Ōtaki Beach Motel" in browser.get("/organizations?q=beach")
