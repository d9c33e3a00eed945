"""The page of the outbox. It shows no text of a mail: that may hold a one-time link."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther

from core.audit import write_down
from core.mail import service
from core.mail.delivery import JOB
from core.mail.models import FAILED, SENT, WAITING, Mail

LATEST = 25
GONE = "This mail is being sent at this moment, or was sent meanwhile."
USELESS = "What this mail says holds no longer; send a new one from where it came from."


def includeme(config: Any) -> None:
    """The routes and who answers them."""
    config.add_route("admin.mail", "/admin/mail")
    config.add_view(outbox, route_name="admin.mail", renderer="admin/mail.jinja2", permission="admin.mail")
    config.add_route("admin.mail.deed", "/admin/mail/{id:[0-9]{1,9}}/{deed:retry|drop}", request_method="POST")
    config.add_view(deed, route_name="admin.mail.deed", permission="admin.mail")


def outbox(request: Any) -> dict[str, Any]:
    """What waits, what failed and why, and what was sent last."""
    session = request.dbsession
    shown = {state: service.in_state(session, state) for state in (FAILED, WAITING)}
    sent = service.in_state(session, SENT, LATEST)
    return {**shown, "sent": sent, "counts": service.counts(session), "folder": request.registry.mail_goes_to}


def deed(request: Any) -> Any:
    """Try one again, or drop it."""
    session, name = request.dbsession, request.matchdict["deed"]
    mail = session.get(Mail, int(request.matchdict["id"]))
    if mail is None:
        raise HTTPNotFound()
    told, to, subject = (_retry if name == "retry" else _drop)(request, mail), mail.to, mail.subject
    if told:
        request.session.flash(told, "error")
    else:
        deed = "mail.retried" if name == "retry" else "mail.dropped"
        write_down(request, deed, kind="mails", record_id=mail.id, old={"to": to, "subject": subject})
        words = f"The mail to {to} is tried again." if name == "retry" else f"The mail to {to} was dropped."
        request.session.flash(words, "success")
    return HTTPSeeOther("/admin/mail")


def _retry(request: Any, mail: Mail) -> str:
    if mail.state == SENT:
        return GONE
    if not service.try_again(request.dbsession, mail, request.clock.now()):
        return USELESS
    request.enqueue(JOB)
    return ""


def _drop(request: Any, mail: Mail) -> str:
    return "" if service.drop(request.dbsession, mail, request.clock.now()) else GONE
