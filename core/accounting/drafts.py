"""Invoice drafts: what is stored, how it is sent, found again and written down when it is made.

A draft's payload is ``{"typed": …, "document": …, "sums": …, "party_name": …}``: what the person typed (text, see
`core.accounting.draft_form`), the document it means (a `NewDocument` as JSON, None while it is only saved), and what
the page added up. The document is fixed when the draft is queued: every send of it is the same to the letter.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session

from core.accounting import draft_notes, due_dates, intents, linking, sending, snapshot
from core.accounting.codec import from_json
from core.accounting.deeds import in_connection
from core.accounting.models import Connection, DocumentRow, Draft, DraftChange
from core.audit.service import record_deed
from core.contract.errors import NotFound, ProviderError
from core.contract.provider import AccountingProvider
from core.contract.values import Capability, Document, DocumentKind, DocumentStatus, NewDocument
from core.db import look_up, table_of
from core.records.lists import PAGE_SIZE, Found
from core.records.service import RecordNotFound, get_record
from core.services import Services
from core.users.models import User

SLACK = timedelta(minutes=10)  # clocks differ, and the look-up asks for what changed since the intent
LISTS_LIVE = timedelta(days=1)
FINAL = (DocumentStatus.PAID.value, DocumentStatus.VOIDED.value, DocumentStatus.DELETED.value)
JOB = "accounting.send_draft"
LOOK_JOB = "accounting.look_up_draft"


class DraftDeed(sending.Deed[Draft, Document]):
    """Making an invoice draft, or an estimate where the provider has no drafts."""

    name = "draft"
    model = Draft

    def send(self, services: Services, provider: AccountingProvider, row: Draft) -> Document:
        """Ask the provider to make it; nothing more than a draft."""
        return provider.create(DocumentKind(row.document_kind), document_of(services, row), key=intents.send_key(row))

    def look_up(self, services: Services, provider: AccountingProvider, row: Draft) -> Document | None:
        """The document that carries our mark."""
        kind, since = DocumentKind(row.document_kind), row.created_at - SLACK
        found = (provider.find_created(kind, key, row.party_id, since) for key in intents.keys_sent(row))
        return next((document for document in found if document is not None), None)

    def finish(self, session: Session, row: Draft, made: Document, now: datetime) -> None:
        """Snapshot, link to the record, audit."""
        row.document_id = made.ref.id
        snapshot.save_documents(session, row.connection_id, [made], now)
        try:
            record = get_record(session, row.kind, row.record_id)
        except RecordNotFound:
            record = None
        if record is not None:
            linking.link_document(
                session, record, row.connection, made.kind, made.ref.id, user_id=row.created_by, now=now
            )
        # No amount: the audit trail is read by people who may not see any.
        new = {"document": made.number or made.ref.id, "party": made.party_name, **in_connection(row.connection)}
        record_deed(
            session,
            when=now,
            user_id=row.created_by,
            deed="draft made",
            kind=row.kind,
            record_id=row.record_id,
            new=new,
        )

    def refused(self, row: Draft, error: ProviderError) -> None:
        """The lists are out of date; what is not there is the party, for nothing else of a draft is asked for by id."""
        row.connection.choices_at = min(row.connection.choices_at or row.updated_at, row.updated_at - LISTS_LIVE)
        if isinstance(error, NotFound):
            row.problems = [{"field": "party", "message": error.message}]

    def after_refusal(self, services: Services, row: Draft) -> None:
        """What was refused may have been archived meanwhile: the lists and the parties are read again."""
        services.jobs.enqueue("accounting.refresh", connection_id=row.connection_id, force=True)

    def afterwards(self, services: Services, intent_id: int) -> None:
        """Its history in the accounting system says who made it."""
        services.jobs.enqueue(NOTE.job, intent_id=intent_id)


DEED = DraftDeed()
NOTE = draft_notes.Note("draft", Draft, lambda _: "made")


def register(services: Services) -> None:
    """Add the jobs of drafts and their sweepers. Raises `StartError` where the admin's rule for due dates is none."""
    due_dates.default_days(services.settings)
    sending.register(services, DEED)
    draft_notes.register(services, NOTE)


def mark_url(services: Services, row: Draft) -> str:
    """The address of the record's page with the key in it: a link back, and what a lost answer is found by."""
    return f"{services.settings.url}/{row.kind}/{row.record_id}?draft={intents.send_key(row)}"


def document_of(services: Services, row: Draft) -> NewDocument:
    """The document a queued draft means, with its mark."""
    return replace(from_json(NewDocument, row.payload["document"]), mark_url=mark_url(services, row))


def offered_kind(capabilities: frozenset[Capability]) -> DocumentKind | None:
    """What can be made for an organisation without posting anything to its ledger."""
    if Capability.DRAFT_INVOICE in capabilities:
        return DocumentKind.SALES_INVOICE
    return DocumentKind.ESTIMATE if Capability.ESTIMATE in capabilities else None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a post of the form asks for: `version` is that of the form (0: it was never stored)."""

    key: str
    version: int
    record: Any
    connection: Connection
    kind: DocumentKind
    party_id: str
    payload: dict[str, Any]
    send: bool
    copied_from: str = ""


def accept(session: Session, wish: Wish, *, user_id: int, now: datetime) -> tuple[Draft, bool]:
    """Store what a post asks for, once: the draft of its key, and whether the post had its way.

    False means that the draft moved on meanwhile: it was sent (a second click), refused, or changed by somebody.
    """
    row, new = intents.store(session, _new(wish, user_id, now))
    if new:
        copied = intents.find(session, Draft, wish.copied_from) if wish.copied_from else None
        row.copied_from = copied.id if copied else None
        return row, True
    moved = row.version != wish.version
    stale = moved and (row.state == "refused" or row.payload["typed"] != wish.payload["typed"])
    if stale or row.state not in intents.EDITABLE:
        return row, False
    values = {"payload": wish.payload, "party_id": wish.party_id, "document_kind": wish.kind.value}
    return row, intents.change(session, row, values, send=wish.send, now=now)


def _new(wish: Wish, user_id: int, now: datetime) -> Draft:
    return Draft(
        key=wish.key,
        kind=wish.record.kind,
        record_id=wish.record.id,
        connection_id=wish.connection.id,
        connection=wish.connection,
        document_kind=wish.kind.value,
        party_id=wish.party_id,
        payload=wish.payload,
        state="queued" if wish.send else "open",
        created_by=user_id,
        created_at=now,
        updated_at=now,
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """A draft with its document as last seen (None before it is made) and who made it."""

    draft: Draft
    document: DocumentRow | None
    by: str


def listed(session: Session, page: int, hidden: Collection[int] = ()) -> Found:
    """A page of the drafts, newest first, each as `Listed`; those for `hidden` connections left out.

    A page behind the last is the last.
    """
    shown = Draft.connection_id.not_in(hidden)
    total = session.scalar(select(func.count()).select_from(Draft).where(shown)) or 0
    page = min(max(page, 1), max(1, -(-total // PAGE_SIZE)))
    rows: Sequence[Any] = _listed(session, _LISTED.where(shown).offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE))
    return Found(rows, total, page)


def listed_one(session: Session, draft: Draft) -> Listed:
    """One draft as it stands on the list."""
    return _listed(session, _LISTED.where(Draft.id == draft.id))[0]


_SEEN = and_(DocumentRow.connection_id == Draft.connection_id, DocumentRow.document_id == Draft.document_id)
_LISTED = (
    select(Draft, DocumentRow, User.name)
    .outerjoin(DocumentRow, _SEEN)
    .outerjoin(User, User.id == Draft.created_by)
    .order_by(Draft.id.desc())
)


def _listed(session: Session, query: Any) -> list[Listed]:
    return [Listed(draft, document, name or "") for draft, document, name in session.execute(query)]


_ROWS = table_of(Draft)
_WAITING = (
    select(func.count())
    .select_from(_ROWS)
    .where(_ROWS.c.state != "made", _ROWS.c.connection_id.not_in(bindparam("hidden", expanding=True)))
)


def waiting(session: Session, hidden: Collection[int] = ()) -> int:
    """How many drafts are not made yet, those for `hidden` connections left out: the count in the navigation."""
    return look_up(session, _WAITING, hidden=list(hidden)).scalar() or 0


def own_total(draft: Draft | DraftChange) -> Decimal:
    """What our page added up, tax in, in the currency that was chosen."""
    return Decimal(draft.payload["sums"]["total"])


def last_change(session: Session, draft: Draft) -> DraftChange | None:
    """The last change of a made draft from here that is in the books."""
    return next(iter(_changes(session, draft)), None)


def _changes(session: Session, draft: Draft) -> Sequence[DraftChange]:
    """The changes of a made draft from here that are in the books, the last first."""
    if not draft.document_id:
        return []
    mine = (DraftChange.connection_id == draft.connection_id, DraftChange.document_id == draft.document_id)
    changes = select(DraftChange).where(*mine, DraftChange.state == "made", DraftChange.deed == "change")
    return session.scalars(changes.order_by(DraftChange.id.desc())).all()


def as_sent(session: Session, draft: Draft) -> dict[str, Any]:
    """The payload that went to the books last: the draft's, or that of its last change.

    A change that leaves the theme empty leaves it as it was.
    """
    sent = [change.payload for change in _changes(session, draft)] + [draft.payload]
    theme = next((one["typed"]["head"]["theme"] for one in sent if one["typed"]["head"].get("theme")), "")
    typed = sent[0]["typed"]
    return {**sent[0], "typed": {**typed, "head": {**typed["head"], "theme": theme}}}


def total_differs(sent: Draft | DraftChange, document: DocumentRow) -> Decimal | None:
    """What the provider's total is above ours, when the document is still a draft and they differ.

    `sent` is what went there last: the draft, or its last change.
    """
    if document.status != DocumentStatus.DRAFT.value:
        return None
    return (document.total - own_total(sent)) or None
