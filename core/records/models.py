"""Contacts, organizations, opportunities and projects, and the links between them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar, TypeAlias

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from core.db import Amount, Base, Moment, Rate
from core.records.line_items import LineItem, total

STAGES = {"New": 10, "Qualified": 25, "Proposal": 50, "Won": 100, "Lost": 0}
# An id is never given twice: links, history and bookmarks of a deleted record must not lead to another.
NEVER_AGAIN = {"sqlite_autoincrement": True}
STATUSES = ("Planned", "Active", "On hold", "Done", "Cancelled")


class RecordBase:
    """What the four types share: id, owner, version (counted up by every change) and when it was made and changed."""

    kind: ClassVar[str]

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    changed_at: Mapped[dt.datetime] = mapped_column(Moment, index=True)

    @declared_attr
    def owner_id(cls) -> Mapped[int | None]:
        """The user who looks after the record."""
        return mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, object]:
        return {"version_id_col": cls.__table__.c.version}  # type: ignore[attr-defined]

    @property
    def path(self) -> str:
        """The address of its page."""
        return f"/{self.kind}/{self.id}"


class Address:
    """Where somebody is; `country` is free text."""

    address: Mapped[str] = mapped_column(Text, default="")
    city: Mapped[str] = mapped_column(String(120), default="")
    region: Mapped[str] = mapped_column(String(120), default="")
    postal_code: Mapped[str] = mapped_column(String(20), default="")
    country: Mapped[str] = mapped_column(String(60), default="")

    @property
    def place(self) -> str:
        """City and country in one line."""
        return ", ".join(part for part in (self.city, self.country) if part)


class OfOrganization:
    """A record that belongs to an organization."""

    @declared_attr
    def organization_id(cls) -> Mapped[int | None]:
        """The organization it belongs to."""
        return mapped_column(ForeignKey("organizations.id", ondelete="SET NULL"), index=True)

    @declared_attr
    def organization(cls) -> Mapped[Organization | None]:
        """The organization it belongs to."""
        return relationship("Organization")


class OfContact:
    """A record that belongs to a contact."""

    @declared_attr
    def contact_id(cls) -> Mapped[int | None]:
        """The person it is about."""
        return mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"), index=True)

    @declared_attr
    def contact(cls) -> Mapped[Contact | None]:
        """The person it is about."""
        return relationship("Contact")


class Organization(RecordBase, Address, Base):
    """A company or another body that has people."""

    __tablename__ = "organizations"
    __table_args__ = NEVER_AGAIN
    kind = "organizations"

    name: Mapped[str] = mapped_column(String(200), index=True)
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(50), default="")
    website: Mapped[str] = mapped_column(String(200), default="")
    tax_number: Mapped[str] = mapped_column(String(50), default="")

    @property
    def title(self) -> str:
        """Its name."""
        return self.name


class Contact(RecordBase, OfOrganization, Address, Base):
    """A person."""

    __tablename__ = "contacts"
    __table_args__ = (Index("ix_contacts_name", "last_name", "first_name"), NEVER_AGAIN)
    kind = "contacts"

    first_name: Mapped[str] = mapped_column(String(100), default="")
    last_name: Mapped[str] = mapped_column(String(100), default="")
    email: Mapped[str] = mapped_column(String(254), default="", index=True)
    phone: Mapped[str] = mapped_column(String(50), default="")
    job_title: Mapped[str] = mapped_column(String(120), default="")

    @property
    def full_name(self) -> str:
        """First name and last name."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def title(self) -> str:
        """The full name."""
        return self.full_name


class Opportunity(RecordBase, OfOrganization, OfContact, Base):
    """A deal that may come off. `amount` is tax-exclusive, in `currency`; `probability` is per cent."""

    __tablename__ = "opportunities"
    __table_args__ = NEVER_AGAIN
    kind = "opportunities"

    name: Mapped[str] = mapped_column(String(200), index=True)
    stage: Mapped[str] = mapped_column(String(40), default="New", index=True)
    amount: Mapped[Decimal | None] = mapped_column(Amount)
    currency: Mapped[str] = mapped_column(String(3), default="NZD")
    probability: Mapped[int] = mapped_column(default=10)
    close_date: Mapped[dt.date | None]

    lines: Mapped[list[OpportunityLine]] = relationship(
        order_by="OpportunityLine.position", cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def title(self) -> str:
        """Its name."""
        return self.name

    @property
    def line_items(self) -> tuple[LineItem, ...]:
        """The lines as plain values."""
        return tuple(line.value for line in self.lines)

    @line_items.setter
    def line_items(self, values: Sequence[LineItem]) -> None:
        """Put these in the place of the lines there are; rows are used again."""
        for place, value in enumerate(values):
            if place == len(self.lines):
                self.lines.append(OpportunityLine(position=place))
            self.lines[place].value = value
        del self.lines[len(values) :]

    @property
    def lines_total(self) -> Decimal:
        """What the lines come to, without tax."""
        return total(self.line_items, self.currency)


class OpportunityLine(Base):
    """One line of what an opportunity is for: `unit_price` without tax, in the opportunity's currency.

    `item` is the code of what is sold, "" for free text; `discount` is per cent.
    """

    __tablename__ = "opportunity_lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    opportunity_id: Mapped[int] = mapped_column(ForeignKey("opportunities.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column()
    item: Mapped[str] = mapped_column(String(100), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    quantity: Mapped[Decimal] = mapped_column(Amount, default=Decimal(1))
    unit_price: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    discount: Mapped[Decimal] = mapped_column(Rate, default=Decimal(0))

    @property
    def value(self) -> LineItem:
        """The line as a plain value."""
        return LineItem(self.item, self.description, self.quantity, self.unit_price, self.discount)

    @value.setter
    def value(self, new: LineItem) -> None:
        for name in LineItem.__slots__:
            setattr(self, name, getattr(new, name))


class Project(RecordBase, OfOrganization, OfContact, Base):
    """Work that is being done. `budget` is tax-exclusive, in `currency`."""

    __tablename__ = "projects"
    __table_args__ = NEVER_AGAIN
    kind = "projects"

    name: Mapped[str] = mapped_column(String(200), index=True)
    opportunity_id: Mapped[int | None] = mapped_column(ForeignKey("opportunities.id", ondelete="SET NULL"), index=True)
    status: Mapped[str] = mapped_column(String(40), default="Planned", index=True)
    starts_on: Mapped[dt.date | None]
    ends_on: Mapped[dt.date | None]
    budget: Mapped[Decimal | None] = mapped_column(Amount)
    currency: Mapped[str] = mapped_column(String(3), default="NZD")

    opportunity: Mapped[Opportunity | None] = relationship()

    @property
    def title(self) -> str:
        """Its name."""
        return self.name


Record: TypeAlias = Contact | Organization | Opportunity | Project
MODELS: dict[str, type[Record]] = {model.kind: model for model in (Contact, Organization, Opportunity, Project)}
