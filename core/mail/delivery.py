"""The job that delivers what waits: claimed one by one, tried again with growing pauses, given up after three days."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.contract.extensions import PeriodicJob
from core.db import changed
from core.mail import service
from core.mail.models import FAILED, SENT, WAITING, Mail
from core.mail.settings import MailSettings
from core.mail.transport import NotSent, Transport
from core.services import Services
from core.settings import StartError

log = logging.getLogger(__name__)
JOB = "mail.deliver"
LEASE = timedelta(minutes=10)
MINUTES = (1, 5, 15, 60, 180, 360)  # pauses after the first tries; after all others the last of them
AT_ONCE = 50


class Postman:
    """Delivers for one application. Two at work at once never send one mail twice: each is claimed first."""

    def __init__(self, services: Services, settings: MailSettings, transport: Transport) -> None:
        self._services, self._settings, self._transport = services, settings, transport

    def look(self, services: Services) -> None:
        """Put the job into the queue where something is due."""
        with services.db.read() as session:
            if _due(session, services.clock.now()):
                services.jobs.enqueue(JOB)

    def deliver(self) -> None:
        """Try each mail that is due, once."""
        with self._services.db.read() as session:
            due = _due(session, self._services.clock.now(), AT_ONCE)
        for mail in due:
            if self._claim(mail):
                self._try(mail)

    def tidy(self, services: Services) -> None:
        """Forget old mails."""
        with services.db.begin() as session:
            service.tidy(session, services.clock.now())

    def _claim(self, mail: Mail) -> bool:
        """Take the lease, by compare-and-set. False when another worker was quicker, or the mail is gone."""
        now = self._services.clock.now()
        unmoved = (Mail.id == mail.id, Mail.state == WAITING, Mail.tries == mail.tries, service.is_free(now))
        later = {"tries": mail.tries + 1, "leased_until": now + LEASE}
        with self._services.db.begin() as session:
            return bool(changed(session, update(Mail).where(*unmoved).values(later)))

    def _try(self, mail: Mail) -> None:
        tries = mail.tries + 1
        try:
            if mail.useful_until and mail.useful_until <= self._services.clock.now():
                raise NotSent("It could not be sent in time; what it says holds no longer.", final=True)
            self._transport.deliver(self._message(mail), mail.to)
        except NotSent as why:
            log.warning("the mail %s was not sent (try %s): %s", mail.id, tries, why)
            self._note(mail, tries, self._failure(mail, tries, why))
        except Exception as error:  # a mail that breaks something of ours must not hold up those behind it
            log.exception("the mail %s could not be sent (try %s)", mail.id, tries)
            ours = NotSent(f"Ledgertab could not make the mail: {type(error).__name__}.")
            self._note(mail, tries, self._failure(mail, tries, ours))
        else:
            sent = {"state": SENT, "sent_at": self._services.clock.now(), "last_error": "", "sealed": ""}
            self._note(mail, tries, sent)

    def _failure(self, mail: Mail, tries: int, why: NotSent) -> dict[str, object]:
        following = self._services.clock.now() + timedelta(minutes=MINUTES[min(tries, len(MINUTES)) - 1])
        over = why.final or following > mail.give_up_at
        return {"last_error": str(why), "next_try": following, **({"state": FAILED} if over else {})}

    def _note(self, mail: Mail, tries: int, values: dict[str, object]) -> None:
        """Write down how the try ended, unless the lease ran out and somebody else has taken over."""
        mine = (Mail.id == mail.id, Mail.state == WAITING, Mail.tries == tries)
        with self._services.db.begin() as session:
            changed(session, update(Mail).where(*mine).values({**values, "leased_until": None}))

    def _message(self, mail: Mail) -> EmailMessage:
        domain = self._settings.sender.domain
        message = EmailMessage(policy=SMTP)
        message["From"] = self._settings.sender
        message["To"] = _in_ascii(mail.to)
        message["Subject"] = mail.subject
        message["Date"] = mail.made_at
        message["Message-ID"] = f"<{mail.made_at:%Y%m%d%H%M%S}.{mail.key}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        try:
            message.set_content(self._services.vault.decrypt(mail.sealed))
        except StartError as error:
            raise NotSent(str(error)) from error
        return message


def _due(session: Session, now: datetime, limit: int = 1) -> list[Mail]:
    due = (Mail.state == WAITING, Mail.next_try <= now, service.is_free(now))
    return list(session.scalars(select(Mail).where(*due).order_by(Mail.next_try, Mail.id).limit(limit)))


def _in_ascii(address: str) -> str:
    """The address with its domain as the wire takes it."""
    name, _, domain = address.rpartition("@")
    try:
        return f"{name}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return address


def register(services: Services, postman: Postman) -> None:
    """Add the delivery to the queue and to the worker's clock."""
    services.jobs.add(JOB, postman.deliver)
    services.periodic.append(PeriodicJob("mail_deliver", 15, postman.look))
    services.periodic.append(PeriodicJob("mail_tidy", 24 * 3600, postman.tidy))
