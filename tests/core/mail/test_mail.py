"""Mail over a real SMTP server: what goes out, what is refused, what is tried again, and the page that tells."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import pairwise
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from core import ManualClock
from core.app import make_app
from core.mail import service
from core.mail.delivery import Postman
from core.mail.models import Mail
from core.mail.settings import read_mail_settings
from core.mail.transport import Folder, Smtp
from core.services import Services
from core.settings import StartError, read_settings
from tests.conftest import LogIn
from tests.core.pages import words
from tests.databases import NOW

TEXT = "Welcome, Māia.\n\nhttp://localhost/welcome/one-time-secret\n.\nA dot alone ends nothing."


class Inbox:
    """What the server answers and what it took."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.recipient = self.data = "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.recipient.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.data.startswith("2"):
            taken = message_from_bytes(envelope.content, policy=default)
            assert isinstance(taken, EmailMessage)
            self.taken.append(taken)
        return self.data


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def port(inbox: Inbox) -> Iterator[int]:
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller.port
    controller.stop()


def postman(services: Services, port: int, **more: str) -> Postman:
    values = {"mail.host": "127.0.0.1", "mail.port": str(port), "mail.from": "Kererū <crm@kereru.example>"}
    settings = read_mail_settings({"mail.tls": "none", **values, **more}, "http://localhost")
    return Postman(services, settings, Smtp(settings, patience=0.4, deadline=0.8))


@pytest.fixture
def write(services: Services) -> Callable[..., int]:
    """`write(to=…)` puts a mail into the outbox and gives its id."""

    def put(to: str = "maia@example.com", subject: str = "You are invited", **more: Any) -> int:
        with services.db.begin() as session:
            when = services.clock.now()
            return service.send(session, services.vault, to=to, subject=subject, text=TEXT, when=when, **more).id

    return put


def row(services: Services, number: int) -> Mail:
    with services.db.read() as session:
        return session.scalars(select(Mail).where(Mail.id == number)).one()


Write = Callable[..., int]


def test_a_mail_arrives_as_it_was_written_once(services: Services, port: int, inbox: Inbox, write: Write) -> None:
    number = write()
    stored = row(services, number).sealed
    assert "one-time-secret" not in stored
    for _ in range(2):
        postman(services, port).deliver()
    (mail,) = inbox.taken
    assert mail.get_content().replace("\r\n", "\n").strip() == TEXT
    assert (mail["From"], mail["To"]) == ("Kererū <crm@kereru.example>", "maia@example.com")
    assert (mail["Subject"], mail["Auto-Submitted"]) == ("You are invited", "auto-generated")
    sent = row(services, number)
    assert (sent.state, sent.sent_at, sent.sealed, sent.tries) == ("sent", NOW, "", 1)


def test_two_workers_send_no_mail_twice(services: Services, port: int, inbox: Inbox, write: Write) -> None:
    for _ in range(6):
        write()
    at_once = [threading.Thread(target=postman(services, port).deliver) for _ in range(3)]
    for one in at_once:
        one.start()
    for one in at_once:
        one.join()
    assert len(inbox.taken) == 6
    assert len({mail["Message-ID"] for mail in inbox.taken}) == 6


@pytest.mark.slow
def test_what_a_worker_that_died_held_is_sent_when_its_lease_is_over(
    services: Services, port: int, inbox: Inbox, write: Write, clock: ManualClock
) -> None:
    number = write()
    assert postman(services, port)._claim(row(services, number))
    postman(services, port).deliver()
    assert inbox.taken == []
    with services.db.begin() as session:
        held = session.get_one(Mail, number)
        assert not service.drop(session, held, clock.now())
        assert service.try_again(session, held, clock.now())
    postman(services, port).deliver()
    assert inbox.taken == [], "trying again does not break the lease"
    clock.advance(timedelta(minutes=11))
    postman(services, port).deliver()
    assert len(inbox.taken) == 1


@pytest.mark.slow
@pytest.mark.parametrize("where", ["recipient", "data"])
def test_an_address_refused_for_good_is_not_tried_again_and_one_refused_for_now_is(
    services: Services, port: int, inbox: Inbox, write: Write, clock: ManualClock, where: str
) -> None:
    number = write()
    setattr(inbox, where, "451 Come back later")
    postman(services, port).deliver()
    waits = row(services, number)
    assert (waits.state, waits.next_try) == ("waiting", NOW + timedelta(minutes=1))
    assert "451 Come back later" in waits.last_error
    setattr(inbox, where, "550 No such user here")
    clock.advance(timedelta(minutes=1))
    postman(services, port).deliver()
    failed = row(services, number)
    assert (failed.state, failed.tries) == ("failed", 2)
    assert "550 No such user here" in failed.last_error


@pytest.mark.slow
def test_a_dead_server_is_tried_with_growing_pauses_for_three_days(
    services: Services, write: Write, clock: ManualClock
) -> None:
    number, tries = write(), []
    while (mail := row(services, number)).state == "waiting":
        tries.append(mail.next_try - NOW)
        clock.advance(mail.next_try - clock.now())
        postman(services, 1).deliver()
    pauses = [later - sooner for sooner, later in pairwise(tries)]
    assert pauses[:6] == [timedelta(minutes=each) for each in (1, 5, 15, 60, 180, 360)]
    assert timedelta(days=2, hours=18) < tries[-1] <= timedelta(days=3)
    assert "127.0.0.1:1 cannot be reached" in mail.last_error


@pytest.mark.slow
@pytest.mark.parametrize("greeting", [b"", b"220-wait\r\n"], ids=["silent", "dripping"])
def test_a_slow_server_holds_nobody_up_for_long(services: Services, write: Write, greeting: bytes) -> None:
    number, over = write(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            talk, _ = server.accept()
            with talk:
                while not over.wait(0.1):
                    try:
                        talk.sendall(greeting)
                    except OSError:
                        return

        slow = threading.Thread(target=drip)
        slow.start()
        postman(services, server.getsockname()[1]).deliver()
        over.set()
        slow.join()
    mail = row(services, number)
    assert mail.state == "waiting"
    assert "did not answer in time" in mail.last_error or "too slow" in mail.last_error


@pytest.mark.slow
def test_no_mail_goes_out_in_the_clear_where_a_secure_line_is_asked_for(
    services: Services, port: int, inbox: Inbox, write: Write
) -> None:
    number = write()
    postman(services, port, **{"mail.tls": "starttls"}).deliver()
    assert inbox.taken == []
    assert "STARTTLS" in row(services, number).last_error


@pytest.mark.slow
def test_a_mail_that_came_too_late_to_be_of_use_is_not_sent(
    services: Services, port: int, inbox: Inbox, write: Write, clock: ManualClock, log_in: LogIn
) -> None:
    number = write(useful_until=NOW + timedelta(hours=1))
    clock.advance(timedelta(hours=2))
    postman(services, port).deliver()
    assert inbox.taken == []
    assert row(services, number).state == "failed"
    page = log_in("admin").send(f"/admin/mail/{number}/retry", status=303).follow()
    assert "holds no longer" in words(page)


@pytest.mark.slow
@pytest.mark.parametrize(
    "to",
    [
        "",
        "maia",
        "maia@example.com\r\nBcc: all@example.com",
        "maia@example.com, b@example.com",
        "Maia <maia@example.com>",
        "a\x00@example.com",
        f"{'x' * 300}@example.com",
        '"a b"@example.com',
    ],
)
def test_an_address_that_is_not_one_plain_address_is_refused(write: Write, to: str) -> None:
    with pytest.raises(ValueError, match="one e-mail address"):
        write(to=to)


@pytest.mark.slow
def test_no_subject_adds_a_line_to_the_head(services: Services, port: int, inbox: Inbox, write: Write) -> None:
    write(subject="Hello\r\nBcc: all@example.com\u2028X-Evil: 1\x00" + "é" * 500)
    postman(services, port).deliver()
    (mail,) = inbox.taken
    assert mail["Bcc"] is None
    assert mail["X-Evil"] is None
    assert str(mail["Subject"]).startswith("Hello Bcc: all@example.com")


@pytest.mark.slow
def test_without_a_server_each_mail_is_a_file(services: Services, write: Write) -> None:
    number = write()
    services.jobs.enqueue("mail.deliver")
    services.jobs.drain()
    (path,) = (services.settings.home / "mail").iterdir()
    assert path.suffix == ".eml"
    assert path.stat().st_mode & 0o077 == 0
    assert "one-time-secret" in path.read_text()
    assert row(services, number).state == "sent"


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_is_told(services: Services, write: Write) -> None:
    number, home = write(), services.settings.home
    (home / "mail").write_text("in the way")
    settings = read_mail_settings({}, "http://localhost")
    Postman(services, settings, Folder(home / "mail")).deliver()
    assert "cannot be written" in row(services, number).last_error


@pytest.mark.slow
def test_the_page_tells_what_waits_and_failed_and_shows_no_text(
    services: Services, port: int, inbox: Inbox, write: Write, log_in: LogIn
) -> None:
    inbox.recipient = "550 <b>No such user</b>"
    refused = write(to="wrong@example.com", subject="<i>Hello</i>")
    postman(services, port).deliver()
    waiting = write(to="later@example.com")
    browser = log_in("admin")
    page = browser.get("/admin/mail")
    assert "Not sent (1)" in words(page)
    assert "550 <b>No such user</b>" in words(page)
    assert "Waiting (1)" in words(page)
    assert "one-time-secret" not in page
    page = browser.send(f"/admin/mail/{refused}/retry", status=303).follow()
    assert "The mail to wrong@example.com is tried again." in words(page)
    inbox.recipient = "250 OK"
    postman(services, port).deliver()
    assert [mail["To"] for mail in inbox.taken] == ["wrong@example.com", "later@example.com"]
    page = browser.send(f"/admin/mail/{waiting}/drop", status=303).follow()
    assert "was sent meanwhile" in words(page)
    third = write(to="third@example.com")
    page = browser.send(f"/admin/mail/{third}/drop", status=303).follow()
    assert "The mail to third@example.com was dropped." in words(page)
    browser.send(f"/admin/mail/{third}/drop", status=404)
    trail = words(browser.get("/admin/audit"))
    assert "Mail dropped" in trail
    assert "Mail to be tried again" in trail


@pytest.mark.slow
def test_old_mails_are_forgotten(services: Services, port: int, inbox: Inbox, write: Write, clock: ManualClock) -> None:
    write()
    postman(services, port).deliver()
    clock.advance(timedelta(days=31))
    postman(services, port).tidy(services)
    with services.db.read() as session:
        assert service.counts(session) == {}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"mail.host": "smtp.example.com"}, "mail.from is missing"),
        ({"mail.tls": "ssl"}, "mail.tls is 'ssl'"),
        ({"mail.port": "99999"}, "mail.port is '99999'"),
        ({"mail.user": "ann"}, "mail.password is missing"),
        ({"mail.password": "x"}, "mail.user is missing"),
        ({"mail.host": "smtp://example.com", "mail.from": "a@example.com"}, "mail.host is 'smtp://example.com'"),
        ({"mail.from": "a@example.com, b@example.com"}, "mail.from is"),
        ({"mail.from": "Kereru"}, "mail.from is"),
    ],
)
@pytest.mark.slow
def test_a_wrong_setting_stops_the_start_with_a_sentence(tmp_path: Any, wrong: dict[str, str], sentence: str) -> None:
    base = {"crm.url": "http://localhost", "crm.home": str(tmp_path), "crm.queue": "memory", "crm.make_key": "true"}
    with pytest.raises(StartError, match=sentence):
        make_app(read_settings({**base, **wrong}, {}))


@pytest.mark.slow
def test_the_password_comes_from_the_environment() -> None:
    settings = read_settings(
        {"crm.url": "http://localhost"}, {"LEDGERTAB_MAIL_PASSWORD": "hush", "LEDGERTAB_MAIL_USER": "a"}
    )
    found = read_mail_settings(settings.all, settings.url)
    assert (found.user, found.password) == ("a", "hush")
    assert "hush" not in repr(found)
