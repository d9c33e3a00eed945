"""Mail: an outbox in the database, and a job that delivers what is in it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from core.contract.extensions import NavLink
from core.mail import service
from core.mail.delivery import JOB, Postman, register
from core.mail.models import FAILED
from core.mail.settings import read_mail_settings
from core.mail.transport import Folder, Smtp
from core.services import Services

DEEDS = {"mail.retried": "Mail to be tried again", "mail.dropped": "Mail dropped"}
FOLDER = "mail"


def includeme(config: Any) -> None:
    """`request.send_mail`, the job, and the page for administrators. Raises `StartError` on bad settings."""
    services: Services = config.registry.services
    settings = read_mail_settings(services.settings.all, services.settings.url)
    folder = Folder(services.settings.home / FOLDER)
    register(services, Postman(services, settings, Smtp(settings) if settings.host else folder))
    config.registry.mail_goes_to = "" if settings.host else str(folder.folder)
    config.add_request_method(send_mail, "send_mail")
    config.add_navigation(navigation)
    config.add_deed_words(DEEDS)
    config.include("core.mail.views")


def send_mail(request: Any, to: str, subject: str, text: str, useful_until: datetime | None = None) -> None:
    """Put a mail into the outbox in the request's transaction; it is delivered once that is committed.

    Raises ValueError when `to` is not one plain address.
    """
    service.send(
        request.dbsession,
        request.services.vault,
        to=to,
        subject=subject,
        text=text,
        when=request.clock.now(),
        useful_until=useful_until,
    )
    request.enqueue(JOB)


def navigation(request: Any) -> Iterable[NavLink]:
    """Where administrators see what was not sent, with how many failed."""
    if request.has_permission("admin.mail"):
        failed = service.count(request.dbsession, FAILED)
        yield NavLink("Mail", "/admin/mail", section="Admin", order=35, badge=str(failed) if failed else "")
