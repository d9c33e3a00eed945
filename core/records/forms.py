"""What a person may type about a record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from wtforms import Form, HiddenField, StringField

from core import formats
from core.forms import can_be_seen, number_in, parse_amount
from core.records.custom import CustomField
from core.records.fields import (
    AmountField,
    ChoiceField,
    DayField,
    LinkField,
    PerCentField,
    PersonField,
    TagsField,
    is_email,
    is_phone,
    is_website,
    lines,
    text,
)
from core.records.line_items import SoldItem, came_from
from core.records.lines_field import LinesField
from core.records.models import STATUSES
from core.records.stages import LOST, STANDARD, Stage
from core.records.ways import ADDRESS_KINDS, EMAIL_KINDS, PHONE_KINDS
from core.records.ways_field import WaysField, more_addresses, more_emails, more_phones

Layout = tuple[tuple[str, tuple[str, ...]], ...]
WHERE = ("address_kind", "address", "city", "region", "postal_code", "country", "more_addresses")
REACHED = ("email", "phone", "more_emails", "more_phones")
KIND_BESIDE = {"email": "email_kind", "phone": "phone_kind"}


class RecordForm(Form):
    """What the forms of all types share. `LAYOUT`: titles of sections and the fields in them; `WIDE` take more room.

    `version` is the record's when the form was opened, `was` what the form showed then (`core.records.merging`).
    """

    LAYOUT: ClassVar[Layout] = ()
    WIDE: ClassVar[frozenset[str]] = frozenset()
    CUSTOM: ClassVar[tuple[CustomField, ...]] = ()
    BESIDE: ClassVar[Mapping[str, str]] = {}

    version = HiddenField()
    was = HiddenField()
    owner_id = PersonField("Owner")
    tags = TagsField("Tags", description="With commas between them.")

    def __init__(self, formdata: Any = None, obj: Any = None, **data: Any) -> None:
        self._is_new = obj is None
        self._kept = dict(obj.custom or {}) if obj is not None else {}
        data = {field.name: field.value_in(self._kept) for field in self.CUSTOM} | data
        super().__init__(formdata, obj=obj, **data)

    def sections(self) -> Iterator[tuple[str, list[Any]]]:
        """Titles and fields in the order of the page."""
        for title, names in self.LAYOUT:
            yield title, [self[name] for name in names]

    def act(self, action: str) -> None:
        """Change the form itself, as a button in it asks; nothing is saved."""
        for field in self:
            if isinstance(field, WaysField):
                field.act(action)

    def fill(self, items: Callable[[], Sequence[SoldItem]]) -> None:
        """Fill in what follows from what was typed; nothing is saved. `items` are what may be sold."""

    def follow(self, items: Callable[[], Sequence[SoldItem]]) -> None:
        """Let go of what came from something that is not chosen any more."""

    def links(self) -> list[LinkField]:
        """The fields that name other records."""
        return [field for field in self if isinstance(field, LinkField)]

    def names(self) -> list[str]:
        """The names of the fields that say something about the record."""
        return [field.short_name for field in self if field.short_name not in ("version", "was")]

    def values(self) -> dict[str, Any]:
        """What was typed, by the names of the model; what stands in retired custom fields is kept."""
        values = {name: _given(self[name]) for name in self.names()}
        custom = {field.key: field.plain(values.pop(field.name)) for field in self.CUSTOM}
        known = {field.key for field in self.CUSTOM}
        kept = {key: value for key, value in self._kept.items() if key not in known}
        return {**values, "custom": kept | {key: value for key, value in custom.items() if value not in (None, "")}}

    @property
    def seen_version(self) -> int:
        """The version of the record that the person saw; 0 when it is not a number."""
        typed = str(self.version.data or "")
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


def _given(field: Any) -> Any:
    """What a field holds; an empty text where nothing was sent for a text."""
    return "" if field.data is None and isinstance(field, StringField) else field.data


class ReachPart(Form):
    """How somebody is reached; beside each of the first e-mail address, number and address stands what it is for."""

    email = text("E-mail", 254)
    email_kind = ChoiceField("Kind of e-mail", choices=EMAIL_KINDS, default=EMAIL_KINDS[0])
    more_emails = more_emails()
    phone = text("Phone", 50)
    phone_kind = ChoiceField("Kind of phone", choices=PHONE_KINDS, default=PHONE_KINDS[0])
    more_phones = more_phones()
    address_kind = ChoiceField("Kind of address", choices=ADDRESS_KINDS, default=ADDRESS_KINDS[0])
    more_addresses = more_addresses()
    address = lines("Street", 500)
    city = text("City", 120)
    region = text("Region", 120)
    postal_code = text("Postal code", 20)
    country = text("Country", 60)

    def validate_email(self, field: Any) -> None:
        """One address."""
        is_email(self, field)

    def validate_phone(self, field: Any) -> None:
        """Something that can be dialled."""
        is_phone(self, field)


class ContactForm(RecordForm, ReachPart):
    """A person."""

    LAYOUT = (
        ("Person", ("first_name", "last_name", "job_title", "organization_id", "owner_id", "tags")),
        ("E-mail and phone", REACHED),
        ("Address", WHERE),
    )
    WIDE = frozenset({"first_name", "last_name", "job_title", "organization_id", "owner_id", "tags", *REACHED})
    BESIDE = KIND_BESIDE

    first_name = text("First name", 100)
    last_name = text("Last name", 100)
    job_title = text("Job title", 120)
    organization_id = LinkField("Organization", of="organizations")

    def validate(self, extra_validators: Any = None) -> bool:
        """A person has a name that can be seen, at least one of the two."""
        fine = super().validate(extra_validators)
        if not can_be_seen(f"{self.first_name.data or ''}{self.last_name.data or ''}"):
            self.first_name.errors = ["Write a first name or a last name."]
            return False
        return fine


class OrganizationForm(RecordForm, ReachPart):
    """An organization."""

    LAYOUT = (
        ("Organization", ("name", "website", "tax_number", "owner_id", "tags")),
        ("E-mail and phone", REACHED),
        ("Address", WHERE),
    )
    WIDE = frozenset({"name", "website", "tax_number", "owner_id", "tags", *REACHED})
    BESIDE = KIND_BESIDE

    name = text("Name", 200, required=True)
    website = text("Website", 200)
    tax_number = text("Tax number", 50)

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
    """A sale that may come off."""

    LAYOUT = (
        ("Opportunity", ("name", "organization_id", "contact_id")),
        ("Value", ("amount", "currency", "stage", "probability", "close_date", "reason", "owner_id", "tags")),
        ("Lines", ("line_items",)),
    )
    WIDE = frozenset({"name", "organization_id", "contact_id", "reason", "owner_id", "tags"})

    stages: Sequence[Stage] = STANDARD

    name = text("Name", 200, required=True)
    organization_id = LinkField("Organization", of="organizations")
    contact_id = LinkField("Contact", of="contacts")
    amount = AmountField("Amount", description="Without tax. Left empty, the lines decide.")
    stage = ChoiceField("Stage", choices=tuple(stage.name for stage in STANDARD), default=STANDARD[0].name)
    probability = PerCentField("Probability", description="Per cent. Left empty, the stage decides.")
    close_date = DayField("Expected close")
    reason = text("Reason", 200, description="Why it was won or lost.")
    line_items = LinesField("Lines")

    def __init__(self, formdata: Any = None, obj: Any = None, **data: Any) -> None:
        super().__init__(formdata, obj, **data)
        if self.amount_follows:
            self.amount.description = "Without tax. The sum of the lines; it follows them until you write another."

    @property
    def amount_follows(self) -> bool:
        """Whether the amount was that of the lines and nobody wrote another: then it is that of the new ones, too."""
        was = self.line_items.object_data or ()
        return self.amount.data == self.amount.object_data and came_from(
            self.amount.object_data, was, str(self.currency.object_data)
        )

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
        super().act(action)
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
        """The amount fits its currency; an empty probability is the stage's."""
        fine = super().validate(extra_validators)
        if self.lines_total > self.amount.maximum:
            self.line_items.errors = [
                *self.line_items.errors,
                f"All lines come to more than {formats.number(self.amount.maximum)}.",
            ]
            fine = False
        if not self.amount.errors and not self.check_decimals(self.amount):
            fine = False
        return self._check_stage() and fine

    def values(self) -> dict[str, Any]:
        """What was typed; an amount left empty is that of the lines. The field itself stays empty."""
        values = super().values()
        left_empty = values["amount"] is None and values["line_items"]
        return {**values, "amount": self.lines_total} if left_empty else values

    def offer_stages(self, stages: Sequence[Stage]) -> None:
        """Have these stages to choose from."""
        self.stages = stages
        if self._is_new and self.stage.object_data == STANDARD[0].name:  # the default, which need not be a stage here
            self.stage.object_data = stages[0].name
            self.stage.data = stages[0].name if self.stage.raw_data is None else self.stage.data
        self.stage.offer([stage.name for stage in stages])

    def _check_stage(self) -> bool:
        """A lost opportunity says why; an empty probability is the stage's."""
        chosen = next((stage for stage in self.stages if stage.name == self.stage.data), None)
        if self.probability.data is None and not self.probability.errors:
            self.probability.data = chosen.probability if chosen else 0
        if chosen and chosen.outcome == LOST and not self.reason.data:
            self.reason.errors = [*self.reason.errors, "Write why it was lost."]
            return False
        return True


class ProjectForm(RecordForm, MoneyPart):
    """Work that is being done."""

    LAYOUT = (
        ("Project", ("name", "organization_id", "contact_id", "opportunity_id")),
        ("Plan", ("status", "starts_on", "ends_on", "budget", "currency", "owner_id", "tags")),
    )
    WIDE = frozenset({"name", "organization_id", "contact_id", "opportunity_id", "owner_id", "tags"})

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
