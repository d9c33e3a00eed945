"""What of an agreed amount is spoken for, wherever that is: billed in any connection, or in a draft on its way.

PRODUCT 1.4 and 1.5: agreed is agreed once, so that nobody bills a second time what somebody else billed in another
connection, or raised a minute ago. Other currencies are never added.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session

from core.accounting import connections
from core.accounting.models import DocumentLink, DocumentRow, Draft
from core.accounting.project import agreed_for, billed
from core.accounting.rules import ZERO
from core.contract.values import Capability
from core.services import Services


@dataclass(frozen=True)
class Committed:
    """What is spoken for of `agreed`, in `currency` and without tax.

    `made`: linked sales invoices that are drafts, await approval, are approved or paid, less credit notes, in every
    connection. `waiting`: invoice drafts raised here that are not there yet, those saved for later among them.
    """

    agreed: Decimal
    made: Decimal
    waiting: Decimal
    currency: str

    @property
    def total(self) -> Decimal:
        """All that is spoken for."""
        return self.made + self.waiting

    @property
    def left(self) -> Decimal:
        """What may still be billed; below zero for more than agreed."""
        return self.agreed - self.total


def committed(
    session: Session,
    services: Services,
    record: Any,
    *,
    hidden: Collection[int] = (),
    besides: str = "",
    key: str = "",
) -> Committed | None:
    """What is spoken for of an opportunity or a project; None where nothing was agreed, and for other records.

    `hidden`: connections whose amounts the user may not see. `besides`: the document that is being changed, and `key`
    the draft at hand; neither counts.
    """
    agreed = agreed_for(record)
    if not agreed:
        return None
    sums = billed(session, and_(_linked(record, hidden), DocumentRow.document_id != besides), record.currency)
    waiting = _waiting(session, services, record, hidden, key)
    return Committed(agreed, sums.approved + sums.drafted, waiting, record.currency)


def drafts_waiting(
    session: Session, kind: str, record_ids: Collection[int], hidden: Collection[int] = ()
) -> list[Draft]:
    """The drafts of these records that are not in the accounting system yet, the newest first.

    Those for `hidden` connections are left out.
    """
    found = session.scalars(
        select(Draft)
        .where(Draft.kind == kind, Draft.record_id.in_(record_ids), Draft.state != "made")
        .where(Draft.connection_id.not_in(hidden))
        .order_by(Draft.id.desc())
    )
    return list(found)


def on_the_way(services: Services, drafts: Iterable[Draft], currency: str) -> Decimal:
    """What of these comes to an invoice, without tax, in `currency`: estimates bill nothing."""
    return sum((worth(one, currency) for one in drafts if not estimates(services, one)), ZERO)


def worth(draft: Draft, currency: str) -> Decimal:
    """What a draft comes to without tax, as far as it can be read; nothing where it is in another currency."""
    payload = draft.payload
    return Decimal(payload["sums"]["subtotal"]) if payload["typed"]["head"]["currency"] == currency else ZERO


def estimates(services: Services, draft: Draft) -> bool:
    """Whether an estimate comes of it, which bills nothing."""
    connection = draft.connection
    if connection.provider not in services.providers:  # its plugin is off: nobody can say
        return False
    return Capability.DRAFT_INVOICE not in connections.capabilities(services, connection)


def _linked(record: Any, hidden: Collection[int]) -> ColumnElement[bool]:
    """A condition on `DocumentRow`: linked to the record, in whatever connection."""
    return exists().where(
        DocumentLink.kind == record.kind,
        DocumentLink.record_id == record.id,
        DocumentLink.connection_id == DocumentRow.connection_id,
        DocumentLink.document_id == DocumentRow.document_id,
        DocumentLink.connection_id.not_in(hidden),
    )


def _waiting(session: Session, services: Services, record: Any, hidden: Collection[int], key: str) -> Decimal:
    rows = [one for one in drafts_waiting(session, record.kind, [record.id], hidden) if one.key != key]
    return on_the_way(services, rows, record.currency)
