"""Rich data for tests of the tab: the four records, the stub connected, documents with amounts of our choosing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.accounting.models import Connection, DocumentLink, DocumentRow, LineRow, PartyLink, PartyRow, PaymentRow
from core.records.models import MODELS
from core.services import Services
from tests.conftest import Browser
from tests.databases import NOW

TAB = "tabs/quickbooks_stub"
TODAY = NOW.date()
FREE = frozenset({"sales_credit_note", "bill_credit_note", "overpayment", "prepayment", "estimate"})


def connect(admin: Browser, services: Services) -> None:
    """Connect the stub by its pages; its contacts and choices are read."""
    away = admin.send("/admin/accounting/connect/quickbooks_stub/consent", status=303).location
    admin.get(f"/accounting/callback/quickbooks_stub?{away.partition('?')[2]}", status=302)
    services.jobs.drain()


@dataclass
class Books:
    """The records by name (contact, organization, opportunity, project), and what was put into the snapshot."""

    services: Services
    connection: int = 1
    paths: dict[str, str] = field(default_factory=dict)

    def make(self, name: str, kind: str, /, **values: Any) -> int:
        """A record under a name."""
        with self.services.db.begin() as session:
            record: Any = MODELS[kind](created_at=NOW, changed_at=NOW, **values)
            session.add(record)
            session.flush()
            self.paths[name] = record.path
            return int(record.id)

    def tab(self, name: str) -> str:
        """The address of a record's tab."""
        return f"{self.paths[name]}/{TAB}"

    def of(self, name: str) -> dict[str, Any]:
        """What a link says of a record."""
        _, kind, number = self.paths[name].split("/")
        return {"kind": kind, "record_id": int(number)}

    def connect_another(self, name: str, currency: str = "USD") -> int:
        """A second connection of the stub, made directly."""
        with self.services.db.begin() as session:
            first = session.get_one(Connection, self.connection)
            other = Connection(
                provider=first.provider,
                organisation_id=f"of {name}",
                organisation={**first.organisation, "id": f"of {name}", "name": name},
                name=name,
                base_currency=currency,
                connected_at=NOW,
            )
            session.add(other)
            session.flush()
            return other.id

    def link_party(self, name: str, party: str, connection: int | None = None) -> None:
        """A party of the index, loaded, and its link."""
        at = {"connection_id": connection or self.connection, "party_id": party}
        data = {"ref": {"id": party, "version": ""}, "name": f"{party} Ltd"}
        with self.services.db.begin() as session:
            if not session.query(PartyRow).filter_by(**at).count():
                session.add(
                    PartyRow(**at, name=f"{party} Ltd", folded=party, state="active", data=data, documents_at=NOW)
                )
            session.add(PartyLink(**self.of(name), **at, linked_at=NOW))

    def document(
        self, number: str, kind: str = "sales_invoice", *, to: str = "", connection: int | None = None, **values: Any
    ) -> str:
        """A document of the snapshot, approved unless `values` say otherwise; `to` names the record it is linked to."""
        total = Decimal(values.pop("total", "115.00"))
        at: dict[str, Any] = {"connection_id": connection or self.connection, "document_id": f"id of {number}"}
        row = {
            "kind": kind,
            "party_id": "harbour",
            "party_name": "harbour Ltd",
            "number": number,
            "status": "authorised",
            "date": TODAY - dt.timedelta(days=60),
            "due_date": None if kind in FREE else TODAY - dt.timedelta(days=30),
            "currency": "USD",
            "total": total,
            "tax": Decimal(0),
            "amount_due": Decimal(0) if kind == "estimate" else total,
            "amount_paid": Decimal(0),
            "amount_credited": Decimal(0),
            "amounts_are": "exclusive",
            "seen_at": NOW,
            **values,
        }
        with self.services.db.begin() as session:
            if not session.query(DocumentRow).filter_by(**at).count():
                session.add(DocumentRow(**at, **row))
            if to:
                session.add(DocumentLink(**self.of(to), **at, document_kind=kind, linked_at=NOW))
        return f"id of {number}"

    def fill(self, number: str, *, line: str, text: str, paid: str) -> None:
        """One line and one payment of a document."""
        with self.services.db.begin() as session:
            row = session.query(DocumentRow).filter_by(number=number).one()
            amounts = {"quantity": Decimal(1), "discount": Decimal(0), "tax": Decimal(0)}
            price = Decimal(line)
            session.add(
                LineRow(document=row.id, position=0, description=text, unit_price=price, amount=price, **amounts)
            )
            session.add(PaymentRow(document=row.id, date=TODAY, amount=Decimal(paid), kind="payment"))


def four_records(books: Books) -> None:
    """A contact of an organization, an opportunity and a project of both."""
    organization = books.make("organization", "organizations", name="Old Mill Bakery")
    contact = books.make("contact", "contacts", first_name="Hana", last_name="Whitiora", organization_id=organization)
    of: dict[str, Any] = {"organization_id": organization, "contact_id": contact, "currency": "USD"}
    books.make("opportunity", "opportunities", name="Roastery refit", stage="Won", amount=Decimal("6400.00"), **of)
    books.make("project", "projects", name="Shop fitting", budget=Decimal("5200.00"), **of)
