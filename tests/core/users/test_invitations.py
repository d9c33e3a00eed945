"""Somebody is invited, chooses how to log in, and is in; the link works once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from core import ManualClock
from core.audit.models import AuditEntry
from core.mail.models import Mail
from core.services import Services
from core.users.models import Invitation
from tests.conftest import Browser, LogIn
from tests.core.pages import words
from tests.core.users.people import GOOD, HOSTILE, Link, come_in, invite, mails, user


class TestInvitations:
    def test_an_invited_person_chooses_how_to_log_in_and_is_in(
        self, log_in: LogIn, client: Browser, services: Services, link: Link
    ) -> None:
        page = invite(log_in("admin"))
        shown = page.html.find(id="link")["value"]
        path = link("maia@example.com")
        assert shown == f"http://localhost{path}", "the link that is shown is the one that was sent"
        client.get(path)  # mail programs look first
        assert "Hello, Māia" in come_in(client, path, status=303).follow()
        made = user(services, "maia")
        assert (made.name, made.email, made.role.key) == ("Māia Parata", "maia@example.com", "sales")
        client.get(path, status=404)
        with services.db.read() as session:
            deeds = [entry.deed for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
            assert session.query(Invitation).count() == 0
        assert deeds == ["user.invited", "user.joined"]

    @pytest.mark.slow
    def test_the_link_is_kept_as_a_hash_and_shown_once(self, log_in: LogIn, services: Services, link: Link) -> None:
        browser = log_in("admin")
        invite(browser)
        token = link("maia@example.com").rpartition("/")[2]
        with services.db.read() as session:
            assert token not in session.query(Invitation).one().token_hash
            assert token not in session.query(Mail).one().sealed
        for path in ("/admin/users", "/admin/mail", "/admin/audit"):
            assert token not in browser.get(path)

    def test_a_link_ends_after_seven_days_when_it_is_sent_again_and_when_it_is_withdrawn(
        self, log_in: LogIn, client: Browser, clock: ManualClock, link: Link
    ) -> None:
        admin = log_in("admin")
        invite(admin)
        first = link("maia@example.com")
        admin.send("/admin/invitations/1/again", status=200)
        second = link("maia@example.com")
        client.get(first, status=404)
        client.get(second, status=200)
        clock.advance(timedelta(days=7, seconds=1))
        client.get(second, status=404)
        assert "The link ran out" in words(admin.get("/admin/users"))
        admin.send("/admin/invitations/1/again", status=200)
        admin.send("/admin/invitations/1/withdraw", status=303)
        client.get(link("maia@example.com"), status=404)
        assert "was withdrawn" in words(admin.get("/admin/users"))
        assert "Māia" not in words(admin.get("/admin/users"))

    @pytest.mark.slow
    def test_an_e_mail_is_invited_once_and_not_when_a_user_has_it(self, log_in: LogIn, services: Services) -> None:
        admin = log_in("admin")
        invite(admin)
        assert "is invited already" in words(invite(admin, email="MAIA@example.com"))
        assert "Ines Duarte has this e-mail" in words(invite(admin, email="Ines@kereru.example"))
        assert mails(services) == 1

    @pytest.mark.slow
    @pytest.mark.parametrize("text", HOSTILE)
    def test_nothing_typed_breaks_an_invitation(self, log_in: LogIn, services: Services, text: str) -> None:
        browser = log_in("admin")
        fields = {"name": text, "email": text, "role": text}
        page = browser.send("/admin/users/invite", fields, status=422)
        assert "<script>alert" not in page
        browser.post(
            "/admin/users/invite", {"csrf_token": browser.token()}, upload_files=[("name", "a", b"b")], status=422
        )
        assert mails(services) == 0

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("login", "password", "sentence"),
        [
            ("sales", GOOD, "There is a user called sales already."),
            ("a b", GOOD, "without blanks"),
            ("", GOOD, "Write a log-in name."),
            ("maia", "short", "too short"),
            ("maia", "maia parata maia", "too easy to guess"),
            ("maia", "maia@example.com", "too easy to guess"),
            ("maia", "password1234", "too easy to guess"),
            ("\x00", "\x00" * 20, "too easy to guess"),
            ("maia", "x" * 5000, "too long"),
        ],
    )
    def test_what_cannot_be_used_is_told_and_the_link_stays_good(
        self, log_in: LogIn, client: Browser, link: Link, login: str, password: str, sentence: str
    ) -> None:
        invite(log_in("admin"))
        path = link("maia@example.com")
        page = come_in(client, path, login, password, status=422)
        assert sentence in words(page)
        assert page.form["password"].value == ""
        assert page.form["name"].value == "Māia Parata"
        come_in(client, path, status=303)

    @pytest.mark.slow
    def test_who_guesses_links_must_wait(self, client: Browser) -> None:
        for _ in range(29):
            client.get("/welcome/guess", status=404)
        client.get("/welcome/guess", status=429)
        assert "Too many tries" in words(client.get("/reset/guess", status=429))
