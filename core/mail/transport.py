"""The ways a mail leaves: by SMTP to the server of the settings, or into a folder where none is set."""

from __future__ import annotations

import contextlib
import os
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

from core.mail.settings import MailSettings

PATIENCE = 20.0  # seconds for each step of the talk
DEADLINE = 120.0  # seconds for all of it, so that a server that drips cannot hold a worker past its lease


class NotSent(Exception):
    """A mail did not leave, and why, as a sentence; `final` when the server will never take it."""

    def __init__(self, why: str, *, final: bool = False) -> None:
        super().__init__(why)
        self.final = final


class Transport(Protocol):
    """What takes a mail away."""

    def deliver(self, message: EmailMessage, to: str) -> None:
        """Hand the mail over. Raises `NotSent`."""


class Folder:
    """Writes each mail as a file, for development and for installations without a mail server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def deliver(self, message: EmailMessage, to: str) -> None:
        """One file for a mail, named after its Message-ID: a second try writes the same. Raises `NotSent`."""
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        path = self.folder / f"{name}.eml"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(bytes(message))
            part.replace(path)
        except OSError as error:
            raise NotSent(f"The file {path} cannot be written: {error.strerror}.") from error


class Smtp:
    """Hands each mail to the server of the settings, in a connection of its own."""

    def __init__(self, settings: MailSettings, *, patience: float = PATIENCE, deadline: float = DEADLINE) -> None:
        self._settings = settings
        self._patience, self._deadline = patience, deadline

    def deliver(self, message: EmailMessage, to: str) -> None:
        """Connect, be secure, log in, hand over. Raises `NotSent` with what the server said."""
        where = f"{self._settings.host}:{self._settings.port}"
        try:
            with self._talk() as smtp:
                smtp.send_message(message, from_addr=self._settings.sender.addr_spec, to_addrs=[to])
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            raise NotSent(_said("The mail server refused the address", code, said), final=code >= 500) from error
        except smtplib.SMTPDataError as error:
            final = error.smtp_code >= 500
            raise NotSent(
                _said("The mail server refused the mail", error.smtp_code, error.smtp_error), final=final
            ) from error
        except smtplib.SMTPAuthenticationError as error:
            what = "The mail server refused mail.user and mail.password"
            raise NotSent(_said(what, error.smtp_code, error.smtp_error)) from error
        except smtplib.SMTPResponseException as error:
            raise NotSent(_said("The mail server refused", error.smtp_code, error.smtp_error)) from error
        except smtplib.SMTPNotSupportedError as error:
            raise NotSent(f"The mail server {where} cannot do it: {error}", final="SMTPUTF8" in str(error)) from error
        except smtplib.SMTPServerDisconnected as error:
            raise NotSent(f"The mail server {where} broke off, or was too slow.") from error
        except ssl.SSLCertVerificationError as error:
            raise NotSent(f"The certificate of {where} is not good: {error.verify_message}.") from error
        except TimeoutError as error:
            raise NotSent(f"The mail server {where} did not answer in time.") from error
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            raise NotSent(f"The mail server {where} cannot be reached: {error}") from error

    @contextmanager
    def _talk(self) -> Iterator[smtplib.SMTP]:
        """A connection that is secured and logged in as the settings say, cut off at the deadline."""
        set_to, secure = self._settings, ssl.create_default_context()
        patience = self._patience
        smtp: smtplib.SMTP = smtplib.SMTP(timeout=patience)
        if set_to.tls == "tls":
            smtp = smtplib.SMTP_SSL(timeout=patience, context=secure)
        # Connecting in the constructor would set this, but then nobody could cut off a greeting that drips.
        smtp._host = set_to.host  # type: ignore[attr-defined]
        alarm = threading.Timer(self._deadline, _cut, [smtp])
        alarm.daemon = True
        alarm.start()
        try:
            code, said = smtp.connect(set_to.host, set_to.port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, said)
            if set_to.tls == "starttls":
                smtp.starttls(context=secure)
            if set_to.user:
                smtp.login(set_to.user, set_to.password)
            yield smtp
            with contextlib.suppress(smtplib.SMTPException, OSError):
                smtp.quit()  # the mail is taken: what comes after that changes nothing
        finally:
            alarm.cancel()
            smtp.close()


def _cut(smtp: smtplib.SMTP) -> None:
    with contextlib.suppress(OSError):
        if smtp.sock is not None:
            smtp.sock.shutdown(socket.SHUT_RDWR)


def _said(what: str, code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{what}: {code} {' '.join(text.split())[:500]}"
