"""Xero's webhooks: who signed, what is said, and telling the core of it. They only make it quicker.

Xero waits five seconds for an answer: 200 where the signature is right, else 401, without a body and without cookies.
So the answer waits for no database: what was said goes into the queue, and a job looks whether it was heard before.
Events come at least once and in any order, and say only what changed, never how. Source: Xero, "Webhooks".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from pyramid.response import Response
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from core import DocumentKind
from plugins.xero import ids
from plugins.xero.models import HeardEvent

log = logging.getLogger(__name__)
PATH = "/webhooks/xero"
JOB = "xero.heard"
SIGNATURE = "x-xero-signature"
LONGEST = 1_000_000
KEPT = timedelta(days=30)
_CREDITS = {"ACCRECCREDIT": DocumentKind.SALES_CREDIT_NOTE, "ACCPAYCREDIT": DocumentKind.BILL_CREDIT_NOTE}


class EventData(msgspec.Struct, rename="pascal"):
    """What credit notes tell of themselves beside their id."""

    type: str = ""


class Event(msgspec.Struct, rename="camel"):
    """One event: what it is about and when it happened."""

    resource_id: str
    tenant_id: str
    event_category: str
    event_date_utc: str
    data: EventData | None = None


class Delivery(msgspec.Struct):
    """What is posted: no event, or several. Entropy and sequence numbers serve nobody here."""

    events: list[Event] = []


def is_set_up(settings: Mapping[str, Any]) -> bool:
    """Whether there is a key to know Xero's webhooks by."""
    return bool(key_in(settings))


def key_in(settings: Mapping[str, Any]) -> str:
    """The key that Xero shows when webhooks are set up; "" without one."""
    return str(settings.get("xero.webhook_key") or "").strip()


def is_signed(body: bytes, signature: str, key: str) -> bool:
    """Whether the signature is the base64 of HMAC-SHA256 over the body as it came, compared in constant time."""
    right = base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest())
    return hmac.compare_digest(right, signature.strip().encode("utf-8", "replace"))


def receive(request: Any) -> Any:
    """Answer by the signature alone; what was said goes into the queue. 404 without a key."""
    key = key_in(request.services.settings.all)
    if not key:
        return _answer(404)
    if (request.content_length or 0) > LONGEST:
        return _answer(413)
    body = request.body_file.read(LONGEST + 1)
    if len(body) > LONGEST:
        return _answer(413)
    if not is_signed(body, request.headers.get(SIGNATURE, ""), key):
        return _answer(401)
    return _answer(200 if _queued(request, read(body)) else 503)


def _queued(request: Any, events: Sequence[Mapping[str, str]]) -> bool:
    """Put into the queue what was said; False where the queue is away: Xero then tries again later."""
    try:
        if events:
            request.enqueue(JOB, events=events)
    except Exception:
        log.exception("webhook events could not be put into the queue")
        return False
    return True


def _answer(status: int) -> Any:
    return Response(status=status, body=b"", content_type=None)


def read(body: bytes) -> list[dict[str, str]]:
    """The events of a signed body, as a job takes them; what cannot be read is logged and left to the feed."""
    try:
        found = msgspec.json.decode(body, type=Delivery).events
    except (msgspec.MsgspecError, ValueError) as error:
        log.warning("a signed webhook that cannot be read: %s", error)
        return []
    return [
        {
            "tenant": one.tenant_id.lower(),
            "about": one.resource_id.lower(),
            "category": one.event_category.upper(),
            "happened": one.event_date_utc[:40],
            "type": one.data.type.upper() if one.data else "",
        }
        for one in found
        if ids.is_id(one.tenant_id) and ids.is_id(one.resource_id)
    ]


def heard(services: Any, events: Sequence[Mapping[str, str]]) -> None:
    """The job: note what is new, and tell the core of it once for each organisation."""
    new = [one for one in events if _is_new(services, one)]
    for tenant in dict.fromkeys(one["tenant"] for one in new):
        mine = [one for one in new if one["tenant"] == tenant]
        parties, documents = _parties(mine), _documents(mine)
        if parties or documents:
            told = {"provider": "xero", "organisation_id": tenant, "parties": parties, "documents": documents}
            services.jobs.enqueue("accounting.told", **told)


def _is_new(services: Any, event: Mapping[str, str]) -> bool:
    """Keep that it was heard; False where it was before."""
    key = {"tenant_id": event["tenant"], "resource_id": event["about"], "happened": event["happened"]}
    with services.db.read() as session:
        if session.scalar(select(HeardEvent.id).filter_by(**key)) is not None:
            return False
    try:
        with services.db.begin() as session:
            session.execute(insert(HeardEvent).values(**key, heard_at=services.clock.now()))
    except IntegrityError:  # another process heard the same in this moment
        return False
    return True


def _parties(events: Iterable[Mapping[str, str]]) -> list[str]:
    return list(dict.fromkeys(one["about"] for one in events if one["category"] == "CONTACT"))


def _documents(events: Iterable[Mapping[str, str]]) -> list[list[str]]:
    """Kind and id; whether an invoice is a bill is not said, and asked for they are alike."""
    found = {}
    for one in events:
        if one["category"] == "INVOICE":
            found[one["about"]] = DocumentKind.SALES_INVOICE
        elif one["category"] == "CREDITNOTE":
            found[one["about"]] = _CREDITS.get(one["type"], DocumentKind.SALES_CREDIT_NOTE)
    return [[kind.value, about] for about, kind in found.items()]


def tidy(services: Any) -> None:
    """Forget what was heard long ago, and will not be told again."""
    with services.db.begin() as session:
        session.execute(delete(HeardEvent).where(HeardEvent.heard_at < services.clock.now() - KEPT))
