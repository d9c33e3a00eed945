"""Changes of documents that are still drafts in the books, and their deletion: stored, then carried out once.

A change holds the document as it was when its form was opened (`before`), and is sent only while the books have it so:
what moved on there meanwhile is never written over unseen. Both versions are then shown, and a person decides. A change
whose answer was lost is looked up by reading the document: our mark in its link back says that it arrived, whatever
somebody made of it since; without it, it is sent again, which goes by the same check as the first time.

The payload is that of a draft (`core.accounting.drafts`), without a document for a deletion. Once it is made it has
``unmet`` besides: what the answer has otherwise than was asked for, in words.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from sqlalchemy import ColumnElement, and_, bindparam, delete, func, or_, select
from sqlalchemy.orm import Session

from core import formats
from core.accounting import connections, draft_notes, draft_versions, intents, sending, snapshot
from core.accounting.codec import from_json, to_json
from core.accounting.deeds import in_connection
from core.accounting.draft_lists import Lists
from core.accounting.drafts import LISTS_LIVE
from core.accounting.models import Connection, DocumentRow, DraftChange
from core.audit.service import record_deed
from core.contract.errors import NotFound, ProviderError, Stale
from core.contract.provider import AccountingProvider
from core.contract.values import (
    AmountsAre,
    Capability,
    Document,
    DocumentKind,
    DocumentStatus,
    Line,
    NewDocument,
    Ref,
)
from core.db import look_up, table_of
from core.services import Services
from core.users.models import User

GONE = {"gone": True}  # in place of the document that was found to be nowhere
CHANGE, DELETE = "change", "delete"
KINDS = (DocumentKind.SALES_INVOICE.value, DocumentKind.ESTIMATE.value)
JOB = "accounting.send_draft_change"
LOOK_JOB = "accounting.look_up_draft_change"
UNTOUCHED_LIFE = timedelta(days=1)


class MovedOn(Stale):
    """The document is no longer as it was: `theirs` is how it is now, None where it is gone."""

    def __init__(self, message: str, theirs: Document | None, *, detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.theirs = theirs


class ChangeDeed(sending.Deed[DraftChange, Document]):
    """Changing or deleting a document that is still a draft."""

    name = "draft_change"
    model = DraftChange

    def send(self, services: Services, provider: AccountingProvider, row: DraftChange) -> Document:
        """Carry it out on the document as it was. A version that moved without a change is taken for the same."""
        before = before_of(row)
        try:
            return _carry_out(services, provider, row, before)
        except (Stale, NotFound) as error:
            now = _read(provider, before)
            if row.deed == DELETE and (now is None or now.status in draft_versions.GONE):
                return now or deleted(before)
            if now is None or not draft_versions.is_untouched(before, now):
                raise MovedOn(error.message, now, detail=error.detail) from error
        return _carry_out(services, provider, row, now)

    def look_up(self, services: Services, provider: AccountingProvider, row: DraftChange) -> Document | None:
        """The document, where it is as was asked for; None where that did not arrive."""
        before = before_of(row)
        now = _read(provider, before)
        if row.deed == DELETE:
            return (now or deleted(before)) if now is None or now.status in draft_versions.GONE else None
        return now if now is not None and arrived(row, before, now) else None

    def finish(self, session: Session, row: DraftChange, made: Document, now: datetime) -> None:
        """Snapshot, audit; what was not taken as it was asked for is kept, to be told."""
        before = before_of(row)
        if row.deed == DELETE and made.lines is None:
            made = replace(made, lines=before.lines)
        if row.deed == CHANGE and made.lines is not None:
            row.payload = {**row.payload, "unmet": draft_versions.unmet(made, wanted_of(row), before)}
        snapshot.save_documents(session, row.connection_id, [made], now)
        name = made.number or before.number or made.ref.id
        old = {"document": name, "total": formats.exact(before.total, before.currency), **in_connection(row.connection)}
        new = {} if row.deed == DELETE else {"document": name, "total": formats.exact(made.total, made.currency)}
        record_deed(
            session,
            when=now,
            user_id=row.created_by,
            deed="draft deleted" if row.deed == DELETE else "draft changed",
            kind=row.kind,
            record_id=row.record_id,
            old=old,
            new=new,
        )

    def refused(self, row: DraftChange, error: ProviderError) -> None:
        """What it was found to be; after any other refusal the lists are out of date."""
        if isinstance(error, MovedOn):
            row.theirs = GONE if error.theirs is None else to_json(error.theirs)
        if not isinstance(error, Stale):
            row.connection.choices_at = min(row.connection.choices_at or row.updated_at, row.updated_at - LISTS_LIVE)

    def after_refusal(self, services: Services, row: DraftChange) -> None:
        """The tab shall show what it is now, the form the lists as they are now."""
        services.jobs.enqueue(
            "accounting.refresh", connection_id=row.connection_id, document_ids=[row.document_id], force=True
        )

    def afterwards(self, services: Services, intent_id: int) -> None:
        """The document's history in the accounting system says who changed it."""
        services.jobs.enqueue(NOTE.job, intent_id=intent_id)


DEED = ChangeDeed()
NOTE = draft_notes.Note("draft_change", DraftChange, lambda row: "deleted" if row.deed == DELETE else "changed")


def register(services: Services) -> None:
    """Add the jobs of changes and their sweepers."""
    sending.register(services, DEED)
    draft_notes.register(services, NOTE)


def before_of(row: DraftChange) -> Document:
    """The document as it was when the form was opened."""
    return from_json(Document, row.before)


def theirs_of(row: DraftChange) -> Document | None:
    """The document as it was found to be when it had moved on; None where it was gone, or did not move on."""
    return from_json(Document, row.theirs) if row.theirs and row.theirs != GONE else None


def deleted(document: Document) -> Document:
    """A document as it is after its deletion."""
    return replace(document, status=DocumentStatus.DELETED, amount_due=Decimal(0))


def _carry_out(services: Services, provider: AccountingProvider, row: DraftChange, before: Document) -> Document:
    if row.deed == DELETE:
        provider.delete_draft(before)
        return deleted(before)
    wanted = replace(wanted_of(row), mark_url=mark_url(services, row))
    return provider.update_draft(before, wanted, key=intents.send_key(row))


def wanted_of(row: DraftChange) -> NewDocument:
    """The document that a queued change asks for, without its mark."""
    return from_json(NewDocument, row.payload["document"])


def mark_url(services: Services, row: DraftChange) -> str:
    """The link back with our key in it; "" where the document has a link of somebody else's, which stays."""
    ours, link = str(services.settings.url), before_of(row).source_url
    if link and not link.startswith(f"{ours}/"):
        return ""
    parts = urlsplit(link or f"{ours}/{row.kind}/{row.record_id}")
    kept = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return parts._replace(query=urlencode({**kept, "change": intents.send_key(row)})).geturl()


def arrived(row: DraftChange, before: Document, now: Document) -> bool:
    """Whether a change is in the books: by our mark; without one, when it moved on to what was asked for."""
    if re.search(rf"(?<![\w-]){re.escape(intents.send_key(row))}(?![\w-])", now.source_url):
        return True
    moved = not (now.ref.version and now.ref.version == before.ref.version)
    wanted = wanted_of(row)
    return (
        moved and not draft_versions.unmet(now, wanted, before) and bool(draft_versions.unmet(before, wanted, before))
    )


def _read(provider: AccountingProvider, document: Document) -> Document | None:
    found = provider.get_documents([(document.kind, document.ref.id)])
    return next((one for one in found if one.ref.id == document.ref.id), None)


def is_draft(row: DocumentRow) -> bool:
    """Whether a document of the snapshot is a draft of ours to change."""
    return row.status == DocumentStatus.DRAFT.value and row.kind in KINDS


def can_change(services: Services, connection: Connection) -> bool:
    """Whether drafts can be changed there, now."""
    if connection.provider not in services.providers or connection.state != "connected":
        return False
    return Capability.DRAFT_CHANGE in connections.capabilities(services, connection)


def document_of(row: DocumentRow) -> Document:
    """A document of the snapshot with its lines."""
    lines = [
        Line(
            description=line.description,
            quantity=line.quantity,
            unit_price=line.unit_price,
            discount=line.discount,
            discount_amount=line.discount_amount,
            amount=line.amount,
            tax=line.tax,
            item=line.item,
            account=line.account,
            tax_rate=line.tax_rate,
            tracking=tuple((group, option) for group, option in line.tracking),
            id=line.line_id,
        )
        for line in row.lines
    ]
    same = ("party_id", "party_name", "number", "vendor_status", "reference", "source_url", "currency")
    days: Mapping[str, Any] = {name: getattr(row, name) for name in ("date", "due_date", "updated_at", "rate")}
    amounts: Mapping[str, Any] = {name: getattr(row, name) for name in ("total", "tax", "amount_due")}
    return Document(
        ref=Ref(row.document_id, row.version),
        kind=DocumentKind(row.kind),
        status=DocumentStatus(row.status),
        amounts_are=AmountsAre(row.amounts_are),
        lines=tuple(lines),
        **{name: getattr(row, name) for name in same},
        **days,
        **amounts,
    )


def under_way(session: Session, connection_id: int, document_id: str) -> DraftChange | None:
    """A change or deletion of a document that was sent and whose outcome is not known yet."""
    sent = or_(DraftChange.state.in_((*intents.UNDER_WAY, "missing")), DraftChange.in_doubt.is_(True))
    return session.scalars(
        select(DraftChange)
        .where(*_of(connection_id, document_id), DraftChange.state != "made", sent)
        .order_by(DraftChange.id.desc())
    ).first()


def of_record(session: Session, record: Any, connection_ids: Collection[int]) -> Sequence[DraftChange]:
    """The changes and deletions on their way that were begun on a record's pages."""
    mine = (DraftChange.kind == record.kind, DraftChange.record_id == record.id)
    sent = (DraftChange.state.in_(intents.UNDER_WAY), DraftChange.connection_id.in_(connection_ids))
    return session.scalars(select(DraftChange).where(*mine, *sent)).all()


def begin(
    session: Session, document: Document, record: Any, connection: Connection, deed: str, *, user_id: int, now: datetime
) -> DraftChange:
    """A change that is begun: one that this user left unsent is taken up again, for nothing typed is lost."""
    mine = and_(DraftChange.created_by == user_id, DraftChange.deed == deed, intents.unsent(DraftChange))
    row = session.scalars(
        select(DraftChange).where(*_of(connection.id, document.ref.id), mine).order_by(DraftChange.id.desc())
    ).first()
    if row is None:
        row = DraftChange(
            key=intents.new_key(),
            kind=record.kind,
            record_id=record.id,
            connection_id=connection.id,
            connection=connection,
            document_id=document.ref.id,
            document_kind=document.kind.value,
            deed=deed,
            before=to_json(document),
            payload=_begun(session, document),
            created_by=user_id,
            created_at=now,
            updated_at=now,
        )
        session.add(row)
    elif is_untouched(row) or deed == DELETE:
        row.before, row.payload, row.theirs = to_json(document), _begun(session, document), {}
        row.state, row.error, row.error_detail, row.problems = "open", "", "", []
    session.flush()
    return row


def _begun(session: Session, document: Document) -> dict[str, Any]:
    typed = draft_versions.typed_of(document, Lists())
    sums = {"subtotal": str(document.total - document.tax), "tax": str(document.tax), "total": str(document.total)}
    return {"typed": typed.as_payload(), "document": None, "party_name": document.party_name, "sums": sums}


def _of(connection_id: int, document_id: str) -> tuple[Any, ...]:
    return (DraftChange.connection_id == connection_id, DraftChange.document_id == document_id)


def is_untouched(row: DraftChange) -> bool:
    """Whether nothing was typed since it was begun: then the form shows the document."""
    return row.version == 1 and row.state == "open" and row.sent_at is None


def put_on_top(session: Session, row: DraftChange, typed: dict[str, Any], now: datetime) -> bool:
    """Go on from how the document is now, with a new text of the form. False when the change moved on."""
    values = {"before": row.theirs, "theirs": {}, "payload": {**row.payload, "typed": typed, "document": None}}
    return intents.change(session, row, values, send=False, now=now)


def send_deletion(session: Session, row: DraftChange, now: datetime) -> bool:
    """Queue a deletion that was confirmed. False when it moved on (a second click)."""
    return row.deed == DELETE and intents.change(session, row, {"theirs": {}}, send=True, now=now)


def accept(
    session: Session, row: DraftChange, version: int, payload: dict[str, Any], *, send: bool, now: datetime
) -> bool:
    """Store what a post of the form asks for, once. False when the change moved on meanwhile: sent, or by somebody."""
    moved = row.version != version
    stale = moved and (row.state == "refused" or row.payload["typed"] != payload["typed"])
    if stale or row.state not in intents.EDITABLE:
        return False
    return intents.change(session, row, {"payload": payload, "theirs": {}}, send=send, now=now)


def listed(session: Session, hidden: Collection[int] = (), *, by: int | None = None) -> list[tuple[DraftChange, str]]:
    """The changes that are not in the books: typed and not sent, on their way, refused; each with who made it.

    The last hundred, those in `hidden` connections left out; `by` a user, or by all for None.
    """
    query = (
        select(DraftChange, User.name)
        .outerjoin(User, User.id == DraftChange.created_by)
        .where(*_waiting(hidden), *([] if by is None else [DraftChange.created_by == by]))
        .order_by(DraftChange.id.desc())
        .limit(100)
    )
    return [(row, name or "") for row, name in session.execute(query)]


def waiting(session: Session, hidden: Collection[int] = ()) -> int:
    """How many of them there are, those in `hidden` connections left out: they count in the navigation."""
    return look_up(session, _COUNT, hidden=list(hidden)).scalar() or 0


def _waiting(hidden: Collection[int]) -> tuple[ColumnElement[bool], ...]:
    return _conditions(DraftChange, hidden)


def _conditions(of: Any, hidden: Any) -> tuple[ColumnElement[bool], ...]:
    """The same over the class, or over the columns of its table; `hidden` may be a parameter."""
    untouched = and_(of.version == 1, of.state == "open")
    return (of.state != "made", ~untouched, of.connection_id.not_in(hidden))


_ROWS = table_of(DraftChange)
_COUNT = select(func.count()).select_from(_ROWS).where(*_conditions(_ROWS.c, bindparam("hidden", expanding=True)))


def tidy(services: Services) -> None:
    """Drop changes that were begun and never touched."""
    before = services.clock.now() - UNTOUCHED_LIFE
    unsent = (DraftChange.version == 1, intents.unsent(DraftChange), DraftChange.state == "open")
    with services.db.begin() as session:
        session.execute(delete(DraftChange).where(*unsent, DraftChange.updated_at < before))
