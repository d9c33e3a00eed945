"""How people come in and stay in: invitations, forgotten passwords, profiles, log-ins; and what an admin does."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from core import ManualClock
from core.audit.models import AuditEntry
from core.mail.models import Mail
from core.services import Services
from core.users import passwords, sessions
from core.users.models import Invitation, LoginSession, PasswordReset, Role, User
from core.users.seed import DEMO_PASSWORD
from core.users.service import find_user
from tests.conftest import Browser, LogIn
from tests.core.pages import form_of, words

GOOD = "kettle orbit mango 42"
# Seven fields of them stay below 10 KB, above which WebOb leaves a file open that pytest complains of.
HOSTILE = ["\x00", "x" * 1_200, "<script>alert(1)</script>", "🐨" * 100, "a@b.example\r\nBcc: c@d.example"]
Link = Callable[[str], str]


@pytest.fixture
def link(services: Services) -> Link:
    """`link("maia@example.com")` is the path of the link in the last mail to that address."""

    def last(to: str) -> str:
        with services.db.read() as session:
            mail = session.scalars(select(Mail).where(Mail.to == to).order_by(Mail.id.desc())).first()
        assert mail is not None, f"no mail to {to}"
        found = re.search(r"http://localhost(/(?:welcome|reset)/\S+)", services.vault.decrypt(mail.sealed))
        assert found is not None
        return found[1]

    return last


def mails(services: Services) -> int:
    with services.db.read() as session:
        return session.query(Mail).count()


def invite(browser: Browser, *, name: str = "Māia Parata", email: str = "maia@example.com", role: str = "sales") -> Any:
    form = form_of(browser.get("/admin/users/invite"))
    form["name"], form["email"], form["role"] = name, email, role
    return form.submit(expect_errors=True)


def come_in(browser: Browser, path: str, login: str = "maia", password: str = GOOD, **options: Any) -> Any:
    form = browser.get(path).form
    form["login"], form["password"], form["again"] = login, password, password
    return form.submit(**options)


def user(services: Services, login: str) -> User:
    with services.db.read() as session:
        found = find_user(session, login)
        assert found is not None
        assert found.role.key  # loaded while the session is open
        return found


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
