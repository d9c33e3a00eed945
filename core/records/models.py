"""Contacts, organizations, opportunities and projects, and the links between them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar, TypeAlias

from sqlalchemy import ForeignKey, Index, String, Text, and_, text
from sqlalchemy.orm import Mapped, declared_attr, foreign, mapped_column, relationship

from core.db import Amount, Base, Json, Moment, Rate
from core.records import ways
from core.records.line_items import LineItem, total
from core.records.stages import STANDARD, outcome_of
from core.records.tags import RecordTag

# An id is never given twice: links, history and bookmarks of a deleted record must not lead to another.
NEVER_AGAIN = {"sqlite_autoincrement": True}
STATUSES = ("Planned", "Active", "On hold", "Done", "Cancelled")


def _list_index(name: str, *columns: Any) -> Index:
    """An index for a list in an order: as `core.records.sorting` sorts, without what is in the bin."""
    live = text("deleted_at IS NULL")
    return Index(name, *columns, "id", sqlite_where=live, postgresql_where=live)


def _indexes(table: str, **orders: tuple[Any, ...]) -> tuple[Any, ...]:
    """The indexes of a type's lists, one for each order, one for what changed last, and one for the bin.

    The last holds only what is in the bin: SQLite would take it for "not in the bin" otherwise, and sort all rows.
    """
    binned = text("deleted_at IS NOT NULL")
    bin = Index(f"ix_{table}_bin", "deleted_at", sqlite_where=binned, postgresql_where=binned)
    orders = {**orders, "changed": ("changed_at",)}
    return (*(_list_index(f"ix_{table}_by_{name}", *columns) for name, columns in orders.items()), bin, NEVER_AGAIN)


def _folded(column: str) -> Any:
    return text(f"lower({column})")


def _reached() -> dict[str, tuple[Any, ...]]:
    return {column: (text(f"nullif(lower({column}), '')"),) for column in ("email", "phone", "city")}


class RecordBase:
    """What the four types share: id, owner, version (counted up by every change) and when it was made and changed.

    `custom` holds the values of custom fields by key (`core.records.custom`); `deleted_at` says since when it is in the
    bin (`core.records.bin`), where no reading finds it.
    """

    kind: ClassVar[str]

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    changed_at: Mapped[dt.datetime] = mapped_column(Moment)
    deleted_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    custom: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)

    @declared_attr
    def owner_id(cls) -> Mapped[int | None]:
        """The user who looks after the record."""
        return mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)

    @declared_attr
    def deleted_by(cls) -> Mapped[int | None]:
        """The user who put it into the bin."""
        return mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    @declared_attr
    def tag_rows(cls) -> Mapped[list[RecordTag]]:
        """The rows of its tags."""
        return relationship(
            RecordTag,
            primaryjoin=lambda: and_(foreign(RecordTag.record_id) == cls.id, RecordTag.kind == cls.kind),
            order_by=RecordTag.tag,
            cascade="all, delete-orphan",
            overlaps="tag_rows",
        )

    @property
    def tags(self) -> tuple[str, ...]:
        """Its tags by name."""
        return tuple(sorted((row.tag for row in self.tag_rows), key=str.casefold))

    @tags.setter
    def tags(self, names: Sequence[str]) -> None:
        """Have these tags and no others; rows are used again."""
        kept = {row.tag: row for row in self.tag_rows}
        self.tag_rows = [kept.get(name) or RecordTag(kind=self.kind, tag=name) for name in dict.fromkeys(names)]

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, object]:
        return {"version_id_col": cls.__table__.c.version}  # type: ignore[attr-defined]

    @property
    def path(self) -> str:
        """The address of its page."""
        return f"/{self.kind}/{self.id}"


class Reachable:
    """How somebody is reached: an e-mail address, a telephone number and an address, and further ones of each.

    Of each the first is in columns of its own; every one says what it is for (`core.records.ways`).
    """

    email: Mapped[str] = mapped_column(String(254), default="")
    email_kind: Mapped[str] = mapped_column(String(20), default=ways.EMAIL_KINDS[0])
    phone: Mapped[str] = mapped_column(String(50), default="")
    phone_kind: Mapped[str] = mapped_column(String(20), default=ways.PHONE_KINDS[0])
    address_kind: Mapped[str] = mapped_column(String(20), default=ways.ADDRESS_KINDS[0])
    kept_emails: Mapped[list[dict[str, str]]] = mapped_column("more_emails", Json, default=list)
    kept_phones: Mapped[list[dict[str, str]]] = mapped_column("more_phones", Json, default=list)
    kept_addresses: Mapped[list[dict[str, str]]] = mapped_column("more_addresses", Json, default=list)

    address: Mapped[str] = mapped_column(Text, default="")
    city: Mapped[str] = mapped_column(String(120), default="")
    region: Mapped[str] = mapped_column(String(120), default="")
    postal_code: Mapped[str] = mapped_column(String(20), default="")
    country: Mapped[str] = mapped_column(String(60), default="")

    @property
    def place(self) -> str:
        """City and country in one line."""
        return ", ".join(part for part in (self.city, self.country) if part)

    @property
    def more_emails(self) -> tuple[ways.Way, ...]:
        """The e-mail addresses after the first."""
        return ways.read(ways.Way, self.kept_emails)

    @more_emails.setter
    def more_emails(self, values: tuple[ways.Way, ...]) -> None:
        self.kept_emails = ways.plain(values)

    @property
    def more_phones(self) -> tuple[ways.Way, ...]:
        """The telephone numbers after the first."""
        return ways.read(ways.Way, self.kept_phones)

    @more_phones.setter
    def more_phones(self, values: tuple[ways.Way, ...]) -> None:
        self.kept_phones = ways.plain(values)

    @property
    def more_addresses(self) -> tuple[ways.Place, ...]:
        """The addresses after the first."""
        return ways.read(ways.Place, self.kept_addresses)

    @more_addresses.setter
    def more_addresses(self, values: tuple[ways.Place, ...]) -> None:
        self.kept_addresses = ways.plain(values)


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


class Organization(RecordBase, Reachable, Base):
    """A company or another body that has people."""

    __tablename__ = "organizations"
    __table_args__ = _indexes("organizations", name=(_folded("name"),), **_reached())
    kind = "organizations"

    name: Mapped[str] = mapped_column(String(200))
    website: Mapped[str] = mapped_column(String(200), default="")
    tax_number: Mapped[str] = mapped_column(String(50), default="")

    @property
    def title(self) -> str:
        """Its name."""
        return self.name


class Contact(RecordBase, OfOrganization, Reachable, Base):
    """A person."""

    __tablename__ = "contacts"
    __table_args__ = _indexes("contacts", name=(_folded("last_name"), _folded("first_name")), **_reached())
    kind = "contacts"

    first_name: Mapped[str] = mapped_column(String(100), default="")
    last_name: Mapped[str] = mapped_column(String(100), default="")
    job_title: Mapped[str] = mapped_column(String(120), default="")

    @property
    def full_name(self) -> str:
        """First name and last name."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def title(self) -> str:
        """The full name."""
        return self.full_name


def _standard_outcome(context: Any) -> str:
    return outcome_of(STANDARD, context.get_current_parameters().get("stage") or "New")


class Opportunity(RecordBase, OfOrganization, OfContact, Base):
    """A sale that may come off. `amount` is tax-exclusive, in `currency`; `probability` is per cent.

    `outcome` is open, won or lost, as its stage says; `reason` why it was won or lost.
    """

    __tablename__ = "opportunities"
    __table_args__ = _indexes(
        "opportunities",
        name=(_folded("name"),),
        close=("close_date",),
        amount=("amount",),
        stage=("stage", "close_date"),
    )
    kind = "opportunities"

    name: Mapped[str] = mapped_column(String(200))
    stage: Mapped[str] = mapped_column(String(40), default="New")
    outcome: Mapped[str] = mapped_column(String(10), default=_standard_outcome, index=True)
    reason: Mapped[str] = mapped_column(String(200), default="")
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
    __table_args__ = _indexes("projects", name=(_folded("name"),), ends=("ends_on",))
    kind = "projects"

    name: Mapped[str] = mapped_column(String(200))
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
