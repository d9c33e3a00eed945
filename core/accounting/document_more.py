"""What is asked for of one document when somebody wants it: its history, and the customer's own address of it.

A page stores the wish and enqueues a job; the job asks the provider, once a click, and stores what it told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import delete, exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.accounting import connections, failures
from core.accounting.codec import from_json, to_json
from core.accounting.models import DocumentMore, DocumentRow
from core.contract.errors import ProviderError
from core.contract.provider import AccountingProvider
from core.contract.values import Capability, DocumentKind, DocumentStatus, HistoryEntry, Ref
from core.db import changed
from core.services import Services

JOB, PDF_JOB = "accounting.document_more", "accounting.pdf"
HISTORY, CUSTOMER_URL, PDF = "history", "customer_url", "pdf"
PATIENCE = timedelta(minutes=2)  # a job that was lost with its worker is waited for no longer
MOST_TOLD = 200  # entries of a history that are kept
_CREDITS = (DocumentKind.OVERPAYMENT.value, DocumentKind.PREPAYMENT.value)
_PUBLIC = (DocumentStatus.AUTHORISED.value, DocumentStatus.PAID.value)


def offers(document: DocumentRow, able: frozenset[Capability]) -> frozenset[str]:
    """What can be asked for of a document: the history, the customer's address, the PDF, as far as there are such."""
    there = document.status != DocumentStatus.DELETED.value
    found = {
        HISTORY: Capability.HISTORY in able,
        PDF: Capability.PDF in able and there and document.kind not in _CREDITS,
        CUSTOMER_URL: Capability.CUSTOMER_LINK in able and is_public(document),
    }
    return frozenset(what for what, offered in found.items() if offered)


def is_public(document: DocumentRow) -> bool:
    """Whether its customer may see it: an approved sales invoice or estimate, never a draft or a bill."""
    kinds = (DocumentKind.SALES_INVOICE.value, DocumentKind.ESTIMATE.value)
    return document.kind in kinds and document.status in _PUBLIC


@dataclass(frozen=True)
class Told:
    """What is known of one of the two: `asking` while a job is at it, `at` how old it is, `error` why it failed."""

    asking: bool = False
    at: datetime | None = None
    history: tuple[HistoryEntry, ...] = ()
    url: str = ""
    error: str = ""
    error_detail: str = ""


def told(session: Session, document: DocumentRow, what: str, now: datetime) -> Told:
    """What was told of a document, and whether it is being asked for."""
    row = session.get(DocumentMore, (document.connection_id, document.document_id, what))
    if row is None:
        return Told()
    late = row.waits and row.asked_at <= now - PATIENCE
    lost = "No answer came. Ask again." if late else ""
    return Told(
        asking=row.waits and not late,
        at=row.told_at,
        history=tuple(from_json(HistoryEntry, one) for one in row.told) if what == HISTORY else (),
        url=row.told[0]["url"] if what == CUSTOMER_URL and row.told else "",
        error=row.error or lost,
        error_detail=row.error_detail,
    )


def wish(session: Session, document: DocumentRow, what: str, now: datetime) -> bool:
    """Note that it is wanted; False where somebody is asking already, so that two clicks cost one call."""
    key = {"connection_id": document.connection_id, "document_id": document.document_id, "what": what}
    row = session.get(DocumentMore, tuple(key.values()))
    if row is None:
        try:
            with session.begin_nested():
                session.add(DocumentMore(**key, asked_at=now, told=[]))
                session.flush()
        except IntegrityError:
            return False
        return True
    if row.waits and row.asked_at > now - PATIENCE:
        return False
    again = update(DocumentMore).filter_by(**key).where(DocumentMore.asked_at == row.asked_at)
    return bool(changed(session, again.values(asked_at=now, waits=True, error="", error_detail="")))


def ask(services: Services, connection_id: int, document_id: str, what: str) -> None:
    """Job: ask the provider and store what it told, or why it did not."""
    at = {"connection_id": connection_id, "document_id": document_id}
    with services.db.read() as session:
        document = session.scalar(select(DocumentRow).filter_by(**at))
        row = session.get(DocumentMore, (connection_id, document_id, what))
    if document is None or row is None or not row.waits:
        return
    try:
        found = _ASKED[what](connections.open_provider(services, connection_id), document)
    except ProviderError as error:
        connections.note_failure(services, connection_id, error, of_one=True)
        failures.note(services, connection_id, failures.About(what, "", at), error)
        values: dict[str, Any] = {"error": error.message or "That did not work.", "error_detail": error.detail}
    else:
        failures.settle_now(services, connection_id, what, **at)
        values = {"told": found, "told_at": services.clock.now(), "error": "", "error_detail": ""}
    with services.db.begin() as session:
        session.execute(update(DocumentMore).filter_by(**at, what=what).values(waits=False, **values))


def _history(provider: AccountingProvider, document: DocumentRow) -> list[dict[str, str]]:
    entries = provider.history(DocumentKind(document.kind), Ref(document.document_id, document.version))
    return [to_json(entry) for entry in entries[:MOST_TOLD]]


def _customer_url(provider: AccountingProvider, document: DocumentRow) -> list[dict[str, str]]:
    url = provider.customer_url(DocumentKind(document.kind), Ref(document.document_id, document.version))
    return [{"url": url}] if url else []


_ASKED = {HISTORY: _history, CUSTOMER_URL: _customer_url}


def which(document: DocumentRow) -> dict[str, Any]:
    """The arguments of a job about a document."""
    return {"connection_id": document.connection_id, "document_id": document.document_id}


def fetch_pdf(services: Services, document: DocumentRow) -> bytes:
    """The document as PDF, from the provider; what failed of it before is settled. Raises the contract's errors."""
    provider = connections.open_provider(services, document.connection_id)
    content = provider.attachment(Ref(document.document_id), DocumentKind(document.kind))
    failures.settle_now(services, document.connection_id, PDF, **which(document))
    return content


def try_pdf(services: Services, connection_id: int, document_id: str) -> None:
    """Job: whether a PDF that could not be fetched can be fetched now. It is not kept."""
    with services.db.read() as session:
        at = {"connection_id": connection_id, "document_id": document_id}
        document = session.scalar(select(DocumentRow).filter_by(**at))
    if document is None:
        return
    try:
        fetch_pdf(services, document)
    except ProviderError as error:
        connections.note_failure(services, connection_id, error, of_one=True)
        failures.note_again(services, connection_id, PDF, error, **at)


def register(services: Services) -> None:
    """Add the jobs to the queue."""
    services.jobs.add(JOB, partial(ask, services))
    services.jobs.add(PDF_JOB, partial(try_pdf, services))


def tidy(session: Session) -> None:
    """Drop what was told of documents that are not held any more."""
    held = exists().where(
        DocumentRow.connection_id == DocumentMore.connection_id, DocumentRow.document_id == DocumentMore.document_id
    )
    session.execute(delete(DocumentMore).where(~held), execution_options={"synchronize_session": False})
