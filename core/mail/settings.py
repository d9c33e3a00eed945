"""How mail leaves the house: the settings ``mail.…``, read once and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import urlsplit

from core.forms import is_email_address
from core.settings import StartError

PORTS = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True)
class MailSettings:
    """Server and sender. `host` empty: mails go into a folder. `tls`: starttls, tls or none."""

    sender: Address
    host: str = ""
    port: int = 0
    tls: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)


def read_mail_settings(settings: Mapping[str, str], url: str) -> MailSettings:
    """The settings of mail; `url` is where the CRM is. Raises `StartError` with a sentence that names the culprit."""
    host, tls = settings.get("mail.host", "").strip(), settings.get("mail.tls", "").strip().lower() or "starttls"
    if tls not in PORTS:
        raise StartError(f"The setting mail.tls is {tls!r}. It may be starttls, tls or none.")
    user, password = settings.get("mail.user", "").strip(), settings.get("mail.password", "")
    if bool(user) != bool(password):
        missing, there = ("mail.password", "mail.user") if user else ("mail.user", "mail.password")
        raise StartError(f"The setting {missing} is missing: {there} is of use only with it.")
    if any(blank in host for blank in " /:@\t\n"):
        raise StartError(
            f"The setting mail.host is {host!r}. Write the name of the server alone, without port or path."
        )
    sender = settings.get("mail.from", "").strip()
    if host and not sender:
        raise StartError("The setting mail.from is missing. Set it to the address that mails come from.")
    at_home = f"Ledgertab <ledgertab@{urlsplit(url).hostname or 'localhost'}>"
    return MailSettings(_sender(sender or at_home, given=bool(sender)), host, _port(settings, tls), tls, user, password)


def _port(settings: Mapping[str, str], tls: str) -> int:
    text = settings.get("mail.port", "").strip()
    if not text:
        return PORTS[tls]
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 0 < int(text) < 65536):
        raise StartError(f"The setting mail.port is {text!r}. It is a number from 1 to 65535.")
    return int(text)


def _sender(text: str, *, given: bool) -> Address:
    """One address, with or without a name before it: ``Kereru <crm@kereru.example>``."""
    try:
        message = EmailMessage(policy=SMTP)
        message["From"] = text
        found = message["From"].addresses
    except (ValueError, IndexError, MessageError):
        found = ()
    if len(found) != 1 or (given and not is_email_address(found[0].addr_spec)):
        raise StartError(
            f"The setting mail.from is {text!r}. Write one address: crm@example.com or Name <crm@example.com>."
        )
    address: Address = found[0]
    return address
