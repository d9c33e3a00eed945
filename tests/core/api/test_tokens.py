"""Tokens: made and revoked on the profile, shown once, good for no more and no longer than was said."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import pytest
from sqlalchemy import select, update

from core import ManualClock
from core.api import service
from core.api.gate import Limits
from core.api.models import ApiToken
from core.api.scopes import SCOPES
from core.audit.models import AuditEntry
from core.services import Services
from core.settings import StartError, read_settings
from core.users.models import User
from tests.conftest import Browser, LogIn
from tests.core.api.conftest import Call, Program
from tests.core.conftest import Make
from tests.core.pages import form_of, words

PAGE = "/profile/tokens"


def make_one(browser: Browser, **typed: Any) -> str:
    """Make a token on the page; the token."""
    fields = {"name": "Night sync", "scopes": "records:read", "life": "90", **typed}
    page = browser.send(PAGE, fields)
    return str(page.html.find(id="token")["value"])


def rows(services: Services) -> list[ApiToken]:
    with services.db.read() as session:
        return list(session.scalars(select(ApiToken).order_by(ApiToken.id)))


def test_a_token_is_made_on_the_profile_and_works(log_in: LogIn, app: Any, services: Services) -> None:
    browser = log_in("sales")
    form = form_of(browser.get("/profile").click("API tokens"))
    form["name"] = "Night sync"
    form.set("scopes", True, index=list(SCOPES).index("records:read"))
    page = form.submit()
    token = page.html.find(id="token")["value"]
    assert page.headers["Cache-Control"] == "no-store"
    assert token.startswith("ledgertab_")
    told = Program(app, token).get("/me").json
    assert (told["login"], told["scopes"]) == ("sales", ["records:read"])
    shown = words(browser.get(PAGE))
    assert "Night sync" in shown
    assert token not in browser.get(PAGE).text
    assert token[:14] in shown


def test_a_token_is_stored_only_as_its_hash(log_in: LogIn, services: Services) -> None:
    token = make_one(log_in("sales"))
    [row] = rows(services)
    assert row.token_hash == hashlib.sha256(token.encode()).hexdigest()
    assert len(token) >= len("ledgertab_") + 43, "256 bits"
    with services.db.engine.connect() as connection:
        dump = str(
            [connection.exec_driver_sql(f"SELECT * FROM {name}").all() for name in ("api_tokens", "audit_entries")]
        )
    assert token not in dump
    assert token[:14] in dump


def test_making_and_revoking_stand_in_the_audit_trail(log_in: LogIn, services: Services) -> None:
    browser = log_in("sales")
    make_one(browser)
    page = browser.get(PAGE).click("Revoke")
    assert "does not come back" in words(page)
    form_of(page).submit(status=303)
    with services.db.read() as session:
        deeds = session.scalars(select(AuditEntry).where(AuditEntry.deed.startswith("token."))).all()
    assert [(one.deed, {**one.old, **one.new}["token"]) for one in deeds] == [
        ("token.made", "Night sync"),
        ("token.revoked", "Night sync"),
    ]
    trail = words(log_in("admin").get("/admin/audit"))
    assert "API token made" in trail
    assert "API token revoked" in trail


def test_a_revoked_token_is_refused_at_once(log_in: LogIn, app: Any, services: Services) -> None:
    browser = log_in("sales")
    caller = Program(app, make_one(browser))
    caller.get("/me")
    browser.send(f"{PAGE}/{rows(services)[0].id}/revoke", status=303)
    caller.get("/me", status=401)
    assert "No token yet" in words(browser.get(PAGE))
    browser.get(f"{PAGE}/{rows(services)[0].id}/revoke", status=404)


def test_nobody_sees_or_revokes_the_tokens_of_somebody_else(log_in: LogIn, services: Services, app: Any) -> None:
    caller = Program(app, make_one(log_in("sales")))
    other, number = log_in("admin"), rows(services)[0].id
    assert "Night sync" not in words(other.get(PAGE))
    other.get(f"{PAGE}/{number}/revoke", status=404)
    other.send(f"{PAGE}/{number}/revoke", status=404)
    caller.get("/me")


def test_an_administrator_sees_and_revokes_the_tokens_of_others(log_in: LogIn, services: Services, app: Any) -> None:
    token = make_one(log_in("sales"))
    [row] = rows(services)
    admin = log_in("admin")
    page = admin.get(f"/admin/users/{row.user_id}")
    assert "Night sync" in words(page)
    assert token not in page.text
    page = form_of(page.click("Revoke")).submit(status=303).follow()
    assert "The token “Night sync” of" in words(page)
    Program(app, token).get("/me", status=401)
    with services.db.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.deed == "token.revoked")).one()
    assert (entry.record_id, entry.old["token"], entry.user_id == row.user_id) == (row.user_id, "Night sync", False)
    admin.get(f"/admin/users/{row.user_id}/tokens/{row.id}/revoke", status=404)
    admin.send(f"/admin/users/{entry.user_id}/tokens/{row.id}/revoke", status=404)


def test_a_token_runs_out(log_in: LogIn, app: Any, clock: ManualClock) -> None:
    browser = log_in("sales")
    short, long = (Program(app, make_one(browser, life=life, name=f"Sync {life}")) for life in ("30", ""))
    clock.advance(dt.timedelta(days=30))
    short.get("/me", status=401)
    long.get("/me")
    assert "Ran out" in words(log_in("sales").get(PAGE))


def test_a_deactivated_user_s_tokens_are_refused_at_once(program: Call, services: Services) -> None:
    caller = program("sales")
    caller.get("/me")
    with services.db.begin() as session:
        session.execute(update(User).where(User.login == "sales").values(active=False))
    caller.get("/me", status=401)
    with services.db.begin() as session:
        session.execute(update(User).where(User.login == "sales").values(active=True))
    caller.get("/me")


def test_a_token_follows_its_user_s_role(program: Call, services: Services) -> None:
    caller = program("sales")
    caller.post("/contacts", {"last_name": "Parata"}, status=201)
    with services.db.begin() as session:
        reader = session.scalars(select(User).where(User.login == "reader")).one()
        session.execute(update(User).where(User.login == "sales").values(role_id=reader.role_id))
    told = caller.post("/contacts", {"last_name": "Parata"}, status=403).json
    assert told["type"] == "urn:ledgertab:problem:not-allowed"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": ""}, "Write what the token is for."),
        ({"name": "\u200b"}, "Write what the token is for."),
        ({"name": "x" * 81}, "Write at most 80 characters."),
        ({"scopes": ""}, "Tick at least one thing that the token may do."),
        ({"scopes": "everything"}, "Tick at least one thing that the token may do."),
        ({"life": "forever"}, "Choose one of the list."),
        ({"life": "-5"}, "Choose one of the list."),
    ],
)
def test_a_token_that_cannot_be_is_refused_and_what_was_typed_stays(
    typed: dict[str, str], sentence: str, log_in: LogIn, services: Services
) -> None:
    fields = {"name": "Night sync", "scopes": "search", "life": "365", **typed}
    page = log_in("sales").send(PAGE, fields, status=422)
    assert sentence in words(page)
    assert rows(services) == []
    if "scopes" not in typed:
        assert page.html.find("input", {"name": "scopes", "value": "search"}).has_attr("checked")
    if "name" not in typed:
        assert form_of(page)["name"].value == "Night sync"


@pytest.mark.slow
def test_a_name_is_given_once_so_that_a_page_loaded_again_makes_no_second_token(
    log_in: LogIn, services: Services
) -> None:
    browser = log_in("sales")
    make_one(browser)
    fields = {"name": "night SYNC", "scopes": "search", "life": "30"}
    page = browser.send(PAGE, fields, status=422)
    assert "You have a token of that name." in words(page)
    assert len(rows(services)) == 1
    browser.send(f"{PAGE}/{rows(services)[0].id}/revoke", status=303)
    browser.send(PAGE, fields, status=200)


def test_a_token_without_an_end_works_until_it_is_revoked(log_in: LogIn) -> None:
    browser = log_in("sales")
    make_one(browser, life="")
    assert "you revoke it" in words(browser.get(PAGE))


def test_files_in_the_place_of_texts_are_nothing(log_in: LogIn) -> None:
    browser = log_in("sales")
    files = [(name, "a.txt", b"x") for name in ("name", "scopes", "life")]
    browser.post(PAGE, {"csrf_token": browser.token()}, upload_files=files, status=422)


@pytest.mark.slow
def test_nobody_has_more_tokens_than_one_can_tell_apart(log_in: LogIn, services: Services) -> None:
    browser = log_in("sales")
    with services.db.begin() as session:
        user = session.scalars(select(User).where(User.login == "sales")).one()
        for number in range(service.MOST):
            service.make(session, user.id, name=f"A{number}", scopes=["search"], when=services.clock.now())
    page = browser.send(PAGE, {"name": "B", "scopes": "search", "life": "30"}, status=422)
    assert "Revoke one first" in words(page)


@pytest.mark.slow
@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer x", "Basic YTpi", "ledgertab_x", "Bearer ledgertab_", "Bearer ledgertab_é",
     f"Bearer ledgertab_{'x' * 5000}", "Bearer a b c"],
)  # fmt: skip
def test_what_is_no_token_is_refused(header: str, nobody: Program) -> None:
    answer = nobody.get("/me", headers={"Authorization": header} if header else {}, status=401)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Ledgertab"'
    assert answer.json["type"] == "urn:ledgertab:problem:no-token"


def test_the_word_bearer_may_be_written_in_small_letters(program: Call) -> None:
    caller = program()
    token, caller.token = caller.token, ""
    caller.get("/me", headers={"Authorization": f"bearer {token}"})


@pytest.mark.slow
def test_who_guesses_tokens_is_told_to_wait_and_hinders_nobody(program: Call, nobody: Program) -> None:
    wrong = {"Authorization": "Bearer ledgertab_guess"}
    statuses = [nobody.get("/me", headers=wrong, status=0).status_int for _ in range(40)]
    assert statuses == [401] * 30 + [429] * 10
    program().get("/me")
    nobody.get("/me", status=401)


def test_the_last_use_is_written_down_once_in_a_while(program: Call, services: Services, clock: ManualClock) -> None:
    caller = program()
    assert rows(services)[0].used_at is None
    first = clock.now()
    caller.get("/me")
    assert rows(services)[0].used_at == first
    clock.advance(dt.timedelta(minutes=9))
    caller.get("/me")
    assert rows(services)[0].used_at == first
    clock.advance(dt.timedelta(minutes=2))
    caller.post("/contacts", {"last_name": "Parata"}, status=201)
    assert rows(services)[0].used_at == clock.now()


class TestRate:
    """A token makes so many requests, and no more."""

    @pytest.fixture
    def ini(self) -> dict[str, str]:
        return {"api.rate": "3/hour"}

    def test_too_many_requests_are_refused_and_told_when_to_come_again(self, program: Call, make: Make) -> None:
        number, caller = make("contacts", last_name="Parata"), program()
        for _ in range(3):
            caller.get(f"/contacts/{number}")
        told = caller.delete(f"/contacts/{number}", status=429)
        assert 0 < int(told.headers["Retry-After"]) <= 3601
        program().get(f"/contacts/{number}")
        caller.get("/openapi.json")


@pytest.mark.parametrize("rate", ["many", "0/minute", "-1/second", "5", "5/fortnight"])
def test_a_rate_that_is_none_stops_the_start(rate: str) -> None:
    settings = read_settings({"crm.url": "http://localhost", "crm.queue": "memory", "api.rate": rate}, {})
    with pytest.raises(StartError, match=r"api\.rate"):
        Limits(settings)


def test_the_rate_comes_from_the_environment_too() -> None:
    settings = read_settings({"crm.url": "http://localhost"}, {"LEDGERTAB_API_RATE": "5/second"})
    assert settings.all["api.rate"] == "5/second"


@pytest.mark.slow
def test_the_page_needs_no_script(log_in: LogIn) -> None:
    page = log_in("sales").send(PAGE, {"name": "A", "scopes": "search", "life": "30"})
    assert page.html.find(id="token").has_attr("readonly")
    assert page.html.find("button", {"data-copies": "token"}).has_attr("hidden"), "shown by the script"
