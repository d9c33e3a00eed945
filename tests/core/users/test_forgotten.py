"""A forgotten password: a link by mail, once, and nothing told to strangers; what is worth nothing any more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher

from core import ManualClock
from core.services import Services
from core.users import passwords
from core.users.models import LoginSession, PasswordReset, User
from core.users.seed import DEMO_PASSWORD
from tests.conftest import Browser, LogIn
from tests.core.pages import words
from tests.core.users.people import GOOD, HOSTILE, Link, mails, user


class TestForgotten:
    @staticmethod
    def ask(browser: Browser, who: str, **options: Any) -> Any:
        form = browser.get("/forgot").form
        form["who"] = who
        return form.submit(**options or {"expect_errors": True})

    @pytest.mark.slow
    def test_a_new_password_is_chosen_by_a_link_that_works_once_and_ends_every_log_in(
        self, client: Browser, log_in: LogIn, link: Link, services: Services
    ) -> None:
        elsewhere = log_in("sales")
        self.ask(client, "MERE@kereru.example", status=200)
        path = link("mere@kereru.example")
        form = client.get(path).form
        form["password"] = form["again"] = GOOD
        assert "Your password was changed" in form.submit(status=303).follow()
        client.get(path, status=404)
        assert "/login" in elsewhere.get("/", status=302).location
        form = client.get("/login").form
        form["login"], form["password"] = "sales", GOOD
        form.submit(status=303)

    @pytest.mark.slow
    def test_the_answer_does_not_tell_who_is_known(self, client: Browser, services: Services) -> None:
        known = self.ask(client, "mere@kereru.example")
        assert mails(services) == 1
        unknown = self.ask(client, "nobody@kereru.example")
        assert mails(services) == 1
        texts = [words(page).replace(who, "…") for page, who in ((known, "mere@"), (unknown, "nobody@"))]
        assert texts[0] == texts[1]

    @pytest.mark.slow
    def test_a_log_in_name_will_do_and_a_deactivated_user_gets_nothing(
        self, client: Browser, services: Services
    ) -> None:
        self.ask(client, "sales")
        assert mails(services) == 1
        with services.db.begin() as session:
            session.query(User).filter_by(login="accounts").one().active = False
        self.ask(client, "accounts")
        assert mails(services) == 1

    @pytest.mark.slow
    def test_a_link_ends_after_an_hour_and_when_a_newer_one_is_sent(
        self, client: Browser, link: Link, clock: ManualClock
    ) -> None:
        self.ask(client, "sales")
        first = link("mere@kereru.example")
        self.ask(client, "sales")
        client.get(first, status=404)
        second = link("mere@kereru.example")
        client.get(second, status=200)
        clock.advance(timedelta(hours=1))
        client.get(second, status=404)

    @pytest.mark.slow
    def test_nobody_is_flooded_with_mails(self, app: Any, client: Browser, services: Services) -> None:
        for _ in range(5):
            self.ask(client, "sales", status=200)
        assert mails(services) == 3, "the answer stays the same, but there are three mails an hour at most"
        for _ in range(5):
            self.ask(client, "nobody", status=200)
        page = self.ask(client, "accounts", status=429)
        assert "Too many requests" in words(page)

    @pytest.mark.slow
    def test_an_administrator_sends_a_link_too(self, log_in: LogIn, services: Services, link: Link) -> None:
        admin, number = log_in("admin"), user(services, "reader").id
        page = admin.send(f"/admin/users/{number}/link", status=303).follow()
        assert "goes to ines@kereru.example" in words(page)
        assert link("ines@kereru.example").startswith("/reset/")

    @pytest.mark.slow
    @pytest.mark.parametrize("text", ["", " ", *HOSTILE])
    def test_nothing_typed_breaks_it(self, client: Browser, services: Services, text: str) -> None:
        page = self.ask(client, text if len(text) < 1000 else text * 7)
        assert page.status_int == (422 if not text.replace("\x00", "").strip() else 200)
        assert "<script>alert" not in page
        assert mails(services) == 0


@pytest.mark.slow
def test_links_and_log_ins_of_who_is_gone_are_worth_nothing(
    log_in: LogIn, client: Browser, services: Services, link: Link
) -> None:
    client.send("/forgot", {"who": "sales"})
    path = link("mere@kereru.example")
    number = user(services, "sales").id
    fields = {"name": "Mere", "email": "mere@kereru.example", "role": "sales"}
    log_in("admin").send(f"/admin/users/{number}", fields, status=303)
    client.get(path, status=404)
    with services.db.read() as session:
        assert session.query(PasswordReset).count() == 0
        assert session.query(LoginSession).filter_by(user_id=number).count() == 0


@pytest.mark.slow
def test_a_weak_hash_is_made_anew_at_the_log_in(
    log_in: LogIn, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = user(services, "sales").password_hash
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    log_in("sales")
    after = user(services, "sales").password_hash
    assert before != after
    assert "m=16,t=2,p=1" in after
    assert passwords.matches(after, DEMO_PASSWORD)
