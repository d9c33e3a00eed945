"""What people change about themselves: name, style, password, where they are logged in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core import ManualClock
from core.audit.models import AuditEntry
from core.services import Services
from core.users import passwords, sessions
from core.users.seed import DEMO_PASSWORD
from tests.conftest import Browser, LogIn
from tests.core.pages import form_of, words
from tests.core.users.people import GOOD, HOSTILE, user


class TestProfile:
    @pytest.mark.slow
    def test_name_and_style_are_changed_and_written_down(self, log_in: LogIn, services: Services) -> None:
        browser = log_in("sales")
        assert browser.get("/").html.select_one(".who a")["href"] == "/profile"
        form = form_of(browser.get("/profile"))
        form["name"], form["time_zone"], form["numbers"] = "Mere T.", "pacific/auckland", "point"
        page = form.submit(status=303).follow()
        assert "Mere T." in words(page, ".who")
        found = user(services, "sales")
        assert (found.time_zone, found.numbers, found.dates) == ("Pacific/Auckland", "point", "words")
        with services.db.read() as session:
            entry = session.query(AuditEntry).one()
        assert (entry.old, entry.new) == ({"name": "Mere Tautari"}, {"name": "Mere T."})

    @pytest.mark.slow
    def test_another_e_mail_takes_the_present_password(self, log_in: LogIn, services: Services) -> None:
        browser = log_in("sales")
        form = form_of(browser.get("/profile"))
        form["email"] = "thief@example.com"
        page = form.submit(status=422)
        assert "This is not your present password." in words(page)
        assert form_of(page)["email"].value == "thief@example.com"
        assert user(services, "sales").email == "mere@kereru.example"
        form["old"] = DEMO_PASSWORD
        form.submit(status=303)
        assert user(services, "sales").email == "thief@example.com"

    @pytest.mark.slow
    @pytest.mark.parametrize("text", ["", *HOSTILE])
    def test_nothing_typed_breaks_it(self, log_in: LogIn, services: Services, text: str) -> None:
        names = ("name", "email", "time_zone", "numbers", "dates", "theme", "old")
        page = log_in("sales").send("/profile", dict.fromkeys(names, text), status=422)
        assert "<script>alert" not in page
        assert user(services, "sales").name == "Mere Tautari"

    def change(self, browser: Browser, old: str, new: str, again: str = "", **options: Any) -> Any:
        fields = {"old": old, "password": new, "again": again or new}
        return browser.send("/profile/password", fields, **options)

    @pytest.mark.slow
    def test_another_password_ends_the_other_log_ins_and_not_this_one(self, log_in: LogIn, services: Services) -> None:
        here, there, other = log_in("sales"), log_in("sales"), log_in("reader")
        self.change(here, DEMO_PASSWORD, GOOD, status=303)
        here.get("/", status=200)
        there.get("/", status=302)
        other.get("/", status=200)
        assert passwords.matches(user(services, "sales").password_hash, GOOD)

    @pytest.mark.slow
    def test_a_password_is_changed_only_by_who_knows_the_old_one(self, log_in: LogIn) -> None:
        browser = log_in("sales")
        assert "The two passwords differ." in words(self.change(browser, DEMO_PASSWORD, GOOD, "other", status=422))
        assert "too easy to guess" in words(self.change(browser, DEMO_PASSWORD, "mere tautari mere", status=422))
        for _ in range(5):
            assert "not your present password" in words(self.change(browser, "wrong", GOOD, status=422))
        assert "Too many tries" in words(self.change(browser, DEMO_PASSWORD, GOOD, status=422))

    @pytest.mark.slow
    def test_log_ins_are_listed_and_ended(self, log_in: LogIn, clock: ManualClock, app: Any) -> None:
        here, there, stranger = log_in("sales"), log_in("sales"), log_in("reader")
        clock.advance(timedelta(minutes=6))
        here.get("/")
        clock.advance(timedelta(minutes=4))
        page = here.get("/profile")
        rows = [" ".join(row.get_text(" ").split()) for row in page.html.select("tbody tr")]
        assert "This one" in rows[0]
        assert "4 minutes ago" in rows[0]
        assert "10 minutes ago" in rows[1]
        theirs = stranger.get("/profile").html.select("tbody tr")
        assert len(theirs) == 1
        for number in ("3", "x", "99999999999", "-1"):  # 3 is the stranger's
            here.send("/profile/sign-out", {"id": number}, status=303)
        stranger.get("/", status=200)
        there.get("/", status=200)
        here.send("/profile/sign-out", {"id": "2"}, status=303)
        there.get("/", status=302)
        again = log_in("sales")
        here.send("/profile/sign-out", {"id": "others"}, status=303)
        again.get("/", status=302)
        here.get("/", status=200)

    @pytest.mark.parametrize(
        ("agent", "told"),
        [
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox on Windows"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
                "Version/17.5 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0 Safari/537.36 "
                "Edg/128.0",
                "Edge on Windows",
            ),
            ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/128.0.0.0 Safari/537.36", "Chrome on Linux"),
            ("", "an unknown browser"),
            ("<script>", "an unknown browser"),
        ],
    )
    @pytest.mark.slow
    def test_browsers_are_called_as_people_call_them(self, agent: str, told: str) -> None:
        assert sessions.in_words(agent) == told
