"""What a person may type about a record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from wtforms import Form, HiddenField, StringField

from core import formats
from core.forms import number_in, parse_amount
from core.records.fields import (
    AmountField,
    ChoiceField,
    DayField,
    LinkField,
    PerCentField,
    PersonField,
    is_email,
    is_website,
    lines,
    text,
)
from core.records.line_items import SoldItem
from core.records.lines_field import LinesField
from core.records.models import STAGES, STATUSES

Layout = tuple[tuple[str, tuple[str, ...]], ...]
WHERE = ("address", "city", "region", "postal_code", "country")


class RecordForm(Form):
    """What the forms of all types share. `LAYOUT`: titles of sections and the fields in them; `WIDE` take more room.

    `version` is the record's when the form was opened, `was` what the form showed then (`core.records.merging`).
    """

    LAYOUT: ClassVar[Layout] = ()
    WIDE: ClassVar[frozenset[str]] = frozenset()

    version = HiddenField()
    was = HiddenField()
    owner_id = PersonField("Owner")

    def sections(self) -> Iterator[tuple[str, list[Any]]]:
        """Titles and fields in the order of the page."""
        for title, names in self.LAYOUT:
            yield title, [self[name] for name in names]

    def act(self, action: str) -> None:
        """Change the form itself, as a button in it asks; nothing is saved."""

    def fill(self, items: Callable[[], Sequence[SoldItem]]) -> None:
        """Fill in what follows from what was typed; nothing is saved. `items` are what may be sold."""

    def follow(self, items: Callable[[], Sequence[SoldItem]]) -> None:
        """Let go of what came from something that is not chosen any more."""

    def links(self) -> list[LinkField]:
        """The fields that name other records."""
        return [field for field in self if isinstance(field, LinkField)]

    def values(self) -> dict[str, Any]:
        """What was typed, by the names of the model."""
        return {field.short_name: _given(field) for field in self if field.short_name not in ("version", "was")}

    @property
    def seen_version(self) -> int:
        """The version of the record that the person saw; 0 when it is not a number."""
        typed = str(self.version.data or "")
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


def _given(field: Any) -> Any:
    """What a field holds; an empty text where nothing was sent for a text."""
    return "" if field.data is None and isinstance(field, StringField) else field.data


class AddressPart(Form):
    """The fields of an address."""

    address = lines("Street", 500)
    city = text("City", 120)
    region = text("Region", 120)
    postal_code = text("Postal code", 20)
    country = text("Country", 60)


class ContactForm(RecordForm, AddressPart):
    """A person."""

    LAYOUT = (
        ("Person", ("first_name", "last_name", "job_title", "organization_id", "email", "phone", "owner_id")),
        ("Address", WHERE),
    )
    WIDE = frozenset({"first_name", "last_name", "job_title", "organization_id", "email", "phone", "owner_id"})

    first_name = text("First name", 100)
    last_name = text("Last name", 100)
    job_title = text("Job title", 120)
    organization_id = LinkField("Organization", of="organizations")
    email = text("E-mail", 254)
    phone = text("Phone", 50)

    def validate_email(self, field: Any) -> None:
        """One address."""
        is_email(self, field)

    def validate(self, extra_validators: Any = None) -> bool:
        """A person has a name, at least one of the two."""
        fine = super().validate(extra_validators)
        if not self.first_name.data and not self.last_name.data:
            self.first_name.errors = ["Write a first name or a last name."]
            return False
        return fine


class OrganizationForm(RecordForm, AddressPart):
    """An organization."""

    LAYOUT = (
        ("Organization", ("name", "email", "phone", "website", "tax_number", "owner_id")),
        ("Address", WHERE),
    )
    WIDE = frozenset({"name", "email", "phone", "website", "tax_number", "owner_id"})

    name = text("Name", 200, required=True)
    email = text("E-mail", 254)
    phone = text("Phone", 50)
    website = text("Website", 200)
    tax_number = text("Tax number", 50)

    def validate_email(self, field: Any) -> None:
        """One address."""
        is_email(self, field)

    def validate_website(self, field: Any) -> None:
        """An address of the web."""
        is_website(self, field)


class MoneyPart(Form):
    """The currency of an amount, and the decimals it allows."""

    currency = ChoiceField("Currency", choices=formats.currencies(), default="NZD")

    def check_decimals(self, field: AmountField) -> bool:
        """Whether the amount has no more decimals than its currency; puts the sentence at the field when it has."""
        try:
            parse_amount(field.typed or "0", places=formats.decimals(str(self.currency.data)), maximum=field.maximum)
        except ValueError as error:
            field.errors = [str(error)]
            return False
        return True


class OpportunityForm(RecordForm, MoneyPart):
    """A deal that may come off."""

    LAYOUT = (
        ("Opportunity", ("name", "organization_id", "contact_id")),
        ("Value", ("amount", "currency", "stage", "probability", "close_date", "owner_id")),
        ("Lines", ("line_items",)),
    )
    WIDE = frozenset({"name", "organization_id", "contact_id", "owner_id"})

    name = text("Name", 200, required=True)
    organization_id = LinkField("Organization", of="organizations")
    contact_id = LinkField("Contact", of="contacts")
    amount = AmountField("Amount", description="Without tax. Left empty, the lines decide.")
    stage = ChoiceField("Stage", choices=tuple(STAGES), default="New")
    probability = PerCentField("Probability", description="Per cent. Left empty, the stage decides.")
    close_date = DayField("Expected close")
    line_items = LinesField("Lines")

    @property
    def lines_total(self) -> Decimal:
        """What the lines come to, as far as they can be read."""
        sums = (self.line_items.amount_of(row, self._currency) for row in range(len(self.line_items.rows)))
        return sum((amount for amount in sums if amount is not None), Decimal(0))

    @property
    def _currency(self) -> str:
        return str(self.currency.data)

    def act(self, action: str) -> None:
        """Add a line, remove one, or take the sum of the lines as the amount."""
        if action == "add-line":
            self.line_items.add_row()
        elif action.startswith("remove-line-"):
            self.line_items.remove_row(number_in(action.removeprefix("remove-line-"), -1))
        elif action == "take-amount":
            self.amount.put(self.lines_total, self._currency)

    def fill(self, items: Callable[[], Sequence[SoldItem]]) -> None:
        """Lines with an item get its words and its price."""
        if self.line_items.wants_filling:
            self.line_items.fill(items(), self._currency)

    def follow(self, items: Callable[[], Sequence[SoldItem]]) -> None:
        """Lines with another item than before get its words and its price."""
        if self.line_items.has_moved:
            self.line_items.fill(items(), self._currency)

    def validate(self, extra_validators: Any = None) -> bool:
        """The amount fits its currency and is, left empty, that of the lines; an empty probability is the stage's."""
        fine = super().validate(extra_validators)
        if self.lines_total > self.amount.maximum:
            self.line_items.errors = [
                *self.line_items.errors,
                f"All lines come to more than {formats.number(self.amount.maximum)}.",
            ]
            fine = False
        elif self.amount.data is None and self.line_items.data and not self.amount.errors:
            self.amount.put(self.lines_total, self._currency)
        if not self.amount.errors and not self.check_decimals(self.amount):
            fine = False
        if self.probability.data is None and not self.probability.errors:
            self.probability.data = STAGES.get(str(self.stage.data), 0)
        return fine


class ProjectForm(RecordForm, MoneyPart):
    """Work that is being done."""

    LAYOUT = (
        ("Project", ("name", "organization_id", "contact_id", "opportunity_id")),
        ("Plan", ("status", "starts_on", "ends_on", "budget", "currency", "owner_id")),
    )
    WIDE = frozenset({"name", "organization_id", "contact_id", "opportunity_id", "owner_id"})

    name = text("Name", 200, required=True)
    organization_id = LinkField("Organization", of="organizations")
    contact_id = LinkField("Contact", of="contacts")
    opportunity_id = LinkField("Opportunity", of="opportunities")
    status = ChoiceField("Status", choices=STATUSES, default="Planned")
    starts_on = DayField("Starts")
    ends_on = DayField("Ends")
    budget = AmountField("Budget", description="Without tax.")

    def validate(self, extra_validators: Any = None) -> bool:
        """It ends when it has begun; the budget fits its currency."""
        fine = super().validate(extra_validators)
        if not self.budget.errors and not self.check_decimals(self.budget):
            fine = False
        if self.starts_on.data and self.ends_on.data and self.ends_on.data < self.starts_on.data:
            self.ends_on.errors = ["The end is before the start."]
            return False
        return fine
