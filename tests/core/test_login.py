"""Logging in and out, and who is let in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import ManualClock
from core.services import Services
from core.users.models import LoginSession, User
from core.users.seed import DEMO_PASSWORD
from core.users.service import add_user, find_user
from tests.conftest import Browser, LogIn
from tests.core.pages import form_of


def attempt(browser: Browser, login: str, password: str, path: str = "/login", **options: object) -> object:
    form = browser.get(path).form
    form["login"], form["password"] = login, password
    return form.submit(**options)


def test_who_is_logged_in_sees_the_start_page(log_in: LogIn) -> None:
    assert "Hello, Mere" in log_in("sales").get("/")


def test_nobody_is_sent_to_the_log_in_page(client: Browser) -> None:
    assert client.get("/", status=302).location == "http://localhost/login"


def test_after_the_log_in_one_is_where_one_wanted_to_be(client: Browser) -> None:
    answer = client.get("/contacts?q=a&sort=name", status=302)
    form = answer.follow().form
    form["login"], form["password"] = "sales", DEMO_PASSWORD
    assert form.submit(status=303).location == "http://localhost/contacts?q=a&sort=name"


@pytest.mark.parametrize(
    "next_page",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "contacts", "/login", "\n/x"],
)
def test_the_log_in_leads_to_no_other_site(client: Browser, next_page: str) -> None:
    form = client.get("/login").form
    form["login"], form["password"], form["next"] = "sales", DEMO_PASSWORD, next_page
    assert form.submit(status=303).location == "http://localhost/"


@pytest.mark.parametrize(
    ("login", "password"), [("sales", "wrong"), ("nobody", DEMO_PASSWORD), ("", ""), ("sales", "")]
)
def test_a_wrong_log_in_does_not_tell_which_part_is_wrong(client: Browser, login: str, password: str) -> None:
    page = attempt(client, login, password, status=422)
    assert "The name or the password is wrong." in page  # type: ignore[operator]
    assert page.form["login"].value == login  # type: ignore[attr-defined]
    assert page.form["password"].value == ""  # type: ignore[attr-defined]


def test_the_name_may_be_written_in_capitals(client: Browser) -> None:
    attempt(client, " Sales ", DEMO_PASSWORD, status=303)


@pytest.mark.parametrize("text", ["x" * 5000, "\x00", "<script>alert(1)</script>", "🐨" * 200, "%00' OR 1=1 --"])
def test_nothing_typed_breaks_the_log_in(client: Browser, text: str) -> None:
    page = attempt(client, text, text, status=422)
    assert "<script>alert" not in page  # type: ignore[operator]


def test_after_five_wrong_tries_one_must_wait_even_with_the_right_password(client: Browser) -> None:
    for _ in range(5):
        attempt(client, "sales", "wrong", status=422)
    page = attempt(client, "sales", DEMO_PASSWORD, status=429)
    assert "Too many tries" in page  # type: ignore[operator]
    attempt(client, "accounts", DEMO_PASSWORD, status=303)


def test_a_good_log_in_forgets_the_tries_before_it(client: Browser, app: object) -> None:
    for _ in range(3):
        for _ in range(4):
            attempt(client, "sales", "wrong", status=422)
        attempt(client, "sales", DEMO_PASSWORD, status=303)
        client.send("/logout", status=303)


def test_after_the_log_out_the_cookie_is_worth_nothing(log_in: LogIn, app: object) -> None:
    browser = log_in("sales")
    stolen = browser.cookies["ledgertab"]
    browser.send("/logout", status=303)
    thief = Browser(app)
    thief.set_cookie("ledgertab", stolen.strip('"'))
    assert "/login" in thief.get("/", status=302).location


def test_a_deactivated_user_loses_access_at_once(log_in: LogIn, services: Services) -> None:
    browser = log_in("sales")
    browser.get("/", status=200)
    with services.db.begin() as session:
        user = find_user(session, "sales")
        assert user is not None
        user.active = False
    browser.get("/", status=302)
    attempt(browser, "sales", DEMO_PASSWORD, status=422)


def test_a_log_in_ends_after_two_weeks(log_in: LogIn, clock: ManualClock) -> None:
    browser = log_in("sales")
    clock.advance(timedelta(days=13))
    browser.get("/", status=200)
    clock.advance(timedelta(days=2))
    browser.get("/", status=302)


def test_the_database_holds_neither_password_nor_token(log_in: LogIn, services: Services) -> None:
    browser = log_in("sales")
    with services.db.read() as session:
        row = session.query(LoginSession).one()
        user = session.get(User, row.user_id)
    assert user is not None
    assert user.password_hash.startswith("$argon2id$")
    assert row.token_hash not in browser.cookies["ledgertab"]
    assert len(row.token_hash) == 64


def test_old_log_ins_are_cleared_away(log_in: LogIn, services: Services, clock: ManualClock) -> None:
    log_in("sales")
    clock.advance(timedelta(days=15))
    log_in("reader")
    with services.db.read() as session:
        assert session.query(LoginSession).count() == 1


def test_a_piece_of_a_page_asked_for_by_nobody_leads_the_whole_page_to_the_log_in(client: Browser) -> None:
    asked = {"HX-Request": "true", "HX-Current-URL": "http://localhost/contacts/7"}
    answer = client.get("/organizations/choices?q=a", headers=asked, status=401)
    assert answer.headers["HX-Redirect"] == "/login?next=%2Fcontacts%2F7"


def test_a_form_sent_after_the_log_in_ended_leads_back_to_its_page(log_in: LogIn, clock: ManualClock) -> None:
    browser = log_in("sales")
    form = form_of(browser.get("/contacts/new"))
    clock.advance(timedelta(days=15))
    answer = form.submit(headers={"Referer": "http://localhost/contacts/new"}, status=302)
    assert answer.location == "http://localhost/login?next=%2Fcontacts%2Fnew"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client: Browser) -> None:
    cookie = client.get("/login").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "secure" not in cookie.lower()


def test_the_theme_is_remembered(log_in: LogIn) -> None:
    browser = log_in("reader")
    answer = browser.send("/theme", {"theme": "dark", "next": "/projects"}, status=303)
    assert answer.location == "http://localhost/projects"
    assert 'data-theme="dark"' in browser.get("/")
    browser.send("/theme", {"theme": "neon"}, status=303)
    assert 'data-theme="dark"' in browser.get("/")


def test_a_second_user_of_the_same_name_is_refused(services: Services, clock: ManualClock) -> None:
    with services.db.begin() as session, pytest.raises(ValueError, match="There is a user called SALES already"):
        add_user(session, login="SALES", name="X", password="secret", role="reader", when=clock.now())
    with services.db.begin() as session, pytest.raises(ValueError, match="Roles are: accounts, admin, reader, sales"):
        add_user(session, login="new", name="X", password="secret", role="boss", when=clock.now())


class TestOverHttps:
    """The same where the address people open is https."""

    @pytest.fixture
    def ini(self) -> dict[str, str]:
        return {"crm.url": "https://crm.example"}

    def test_the_cookie_goes_over_https_only_and_browsers_are_told_to_stay_there(self, client: Browser) -> None:
        answer = client.get("/login")
        assert "secure" in answer.headers["Set-Cookie"].lower()
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
