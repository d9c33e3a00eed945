"""Logging in and out, and who is let in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core import ManualClock
from core.records.models import Organization
from core.services import Services
from core.users.models import LoginSession, User
from core.users.seed import DEMO_PASSWORD
from core.users.service import add_user, find_user
from tests.conftest import Browser, LogIn
from tests.core.pages import form_of, words


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
    answer = client.get("/contacts", headers=asked, status=401)
    assert answer.headers["HX-Redirect"] == "/login?next=%2Fcontacts%2F7"


def test_a_form_sent_after_the_log_in_ended_leads_back_to_its_page(log_in: LogIn, clock: ManualClock) -> None:
    browser = log_in("sales")
    form = form_of(browser.get("/contacts/new"))
    clock.advance(timedelta(days=15))
    page = form.submit(headers={"Referer": "http://localhost/contacts/new"}, status=401)
    assert page.form["next"].value == "/contacts/new"


def test_a_button_pressed_after_the_log_in_ended_leads_to_the_log_in_which_says_why(client: Browser) -> None:
    answer = client.send("/theme", {"theme": "dark"}, headers={"Referer": "http://localhost/contacts"}, status=302)
    assert answer.location == "http://localhost/login?next=%2Fcontacts"
    page = answer.follow()
    assert "You were logged out. Log in to go on." in words(page)
    assert "You were logged out" not in words(client.get("/login")), "it is said once"


@pytest.mark.slow
class TestTypedInVain:
    """A form is filled in, its log-in ends in another window, and then the form is sent."""

    @pytest.fixture
    def browser(self, log_in: LogIn) -> Browser:
        return log_in("sales")

    @pytest.fixture
    def page(self, browser: Browser) -> Any:
        browser.send("/organizations/new", {"name": "Old Mill"}, status=303)
        form = form_of(browser.get("/organizations/1/edit"))
        browser.send("/logout", status=303)
        form["phone"], form["address"] = "<b>021 typed</b>", "1 Quay\r\nEnd"
        return form.submit(status=401)

    @staticmethod
    def enter(page: Any, login: str, password: str = DEMO_PASSWORD, **options: Any) -> Any:
        page.form["login"], page.form["password"] = login, password
        return page.form.submit(**options)

    def test_the_log_in_page_says_why_and_the_form_comes_back_to_be_saved(self, page: Any, services: Services) -> None:
        assert "You were logged out. Log in to go on; what you typed is kept." in words(page)
        assert "typed&lt;" not in page.text, "who sits before the screen now may be somebody else"
        between = self.enter(page, "sales", status=200)
        assert "Nothing was saved yet" in words(between)
        form = form_of(between.form.submit(status=200))
        assert (form["phone"].value, form["address"].value.split()) == ("<b>021 typed</b>", ["1", "Quay", "End"])
        assert phone(services) == ""
        form.submit(status=303)
        assert phone(services) == "<b>021 typed</b>"

    def test_a_wrong_password_in_between_loses_nothing(self, page: Any) -> None:
        again = self.enter(page, "sales", "wrong", status=422)
        assert "what you typed is kept" in words(again)
        assert form_of(self.enter(again, "sales", status=200).form.submit())["phone"].value == "<b>021 typed</b>"

    def test_another_user_gets_nothing_of_it(self, page: Any) -> None:
        answer = self.enter(page, "accounts", status=303).follow()
        assert "typed&lt;" not in answer.text

    def test_it_is_kept_for_an_hour(self, page: Any, clock: ManualClock) -> None:
        clock.advance(timedelta(minutes=61))
        self.enter(page, "sales", status=303)

    @pytest.mark.parametrize("sealed", ["x", "é", "gAAAAA" + "A" * 100])
    def test_what_was_not_sealed_here_is_not_shown(self, page: Any, sealed: str) -> None:
        page.form["kept"].force_value(sealed)
        self.enter(page, "sales", status=303)

    def test_a_change_made_meanwhile_is_kept_too(self, page: Any, log_in: LogIn, services: Services) -> None:
        other = form_of(log_in("accounts").get("/organizations/1/edit"))
        other["email"] = "mill@example.com"
        other.submit(status=303)
        form = form_of(self.enter(page, "sales").form.submit(status=200))
        form.submit(status=303)
        assert phone(services) == "<b>021 typed</b>"
        with services.db.read() as session:
            assert session.query(Organization.email).scalar() == "mill@example.com"

    def test_who_logged_in_again_in_the_other_window_gets_the_form_back_at_once(
        self, browser: Browser, services: Services
    ) -> None:
        form = form_of(browser.get("/organizations/new"))
        browser.send("/logout", status=303)
        attempt(browser, "sales", DEMO_PASSWORD, status=303)
        form["name"] = "New Mill"
        between = form.submit(status=400)
        assert "You logged in anew since the form was opened." in words(between)
        again = form_of(form_of(between).submit(status=200))
        assert again["name"].value == "New Mill"
        again.submit(status=303)
        assert phone(services) == ""

    def test_who_logged_in_as_another_in_the_other_window_gets_nothing_of_it(self, browser: Browser) -> None:
        form = form_of(browser.get("/organizations/new"))
        browser.send("/logout", status=303)
        attempt(browser, "accounts", DEMO_PASSWORD, status=303)
        form["name"] = "New Mill"
        page = form.submit(status=400)
        assert "Please send it again" in words(page)
        assert "New Mill" not in page.text

    @pytest.mark.parametrize("token", ["", "x", "a.1.b", "a.2.é", ".."])
    def test_a_form_that_cannot_say_whose_it_was_is_not_kept(self, client: Browser, token: str) -> None:
        answer = client.post("/organizations/new", {"csrf_token": token, "name": "Forged"}, status=302)
        assert answer.follow().html.find("input", {"name": "kept"}) is None

    def test_what_is_far_too_long_is_not_kept(self, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("core.kept.LONGEST", 2000)
        form = form_of(browser.get("/organizations/new"))
        browser.send("/logout", status=303)
        form["name"] = "x" * 2000
        page = form.submit(status=302).follow()
        assert "You were logged out. Log in to go on." in words(page)
        assert page.html.find("input", {"name": "kept"}) is None


def phone(services: Services) -> str:
    with services.db.read() as session:
        return session.scalars(select(Organization.phone)).one()


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
