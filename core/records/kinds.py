"""The four types of records as data: words, form, columns of the list. Views and templates know no type by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from core.records.custom import CustomField
from core.records.forms import ContactForm, OpportunityForm, OrganizationForm, ProjectForm, RecordForm
from core.records.models import Contact, Opportunity, Organization, Project, Record

NUMERIC = ("money", "number")


@dataclass(frozen=True)
class Column:
    """A column of a list: the record's attribute, and how it is drawn.

    `style`: title, link (to another record), email, text, status, money, day, share, owner, or that of a custom
    `field`; `sort` is the key in an address by which the list can be sorted; `minor` columns are left out on a phone.
    `order` says by what it is sorted where that is not what one reads first.
    """

    label: str
    attribute: str
    style: str = "text"
    sort: str = ""
    minor: bool = False
    field: CustomField | None = None
    order: str = ""

    @property
    def look(self) -> str:
        """The classes of its cells."""
        return f"{self.style}{' n' if self.style in NUMERIC else ''}{' hide' if self.minor else ''}"

    def value(self, record: Record) -> Any:
        """What a record has in it."""
        return self.field.value_in(record.custom or {}) if self.field else getattr(record, self.attribute)


@dataclass(frozen=True)
class RecordKind:
    """One type of records. `key` is also its place in addresses; `teach` says on an empty page what belongs here."""

    key: str
    singular: str
    plural: str
    model: type[Record]
    form: type[RecordForm]
    columns: tuple[Column, ...]
    teach: str


CONTACTS = RecordKind(
    key="contacts",
    singular="contact",
    plural="Contacts",
    model=Contact,
    form=ContactForm,
    columns=(
        Column("Name", "title", "title", sort="name", order="by last name"),
        Column("Organization", "organization", "link", sort="organization"),
        Column("E-mail", "email", "email", sort="email"),
        Column("Phone", "phone", sort="phone"),
        Column("City", "city", sort="city", minor=True),
    ),
    teach="The people you deal with will be here: their address, their organization, what you sell them.",
)
ORGANIZATIONS = RecordKind(
    key="organizations",
    singular="organization",
    plural="Organizations",
    model=Organization,
    form=OrganizationForm,
    columns=(
        Column("Name", "title", "title", sort="name"),
        Column("City", "place", sort="city"),
        Column("E-mail", "email", "email", sort="email"),
        Column("Phone", "phone", sort="phone"),
    ),
    teach="Companies and other bodies will be here, each with its people, opportunities and projects.",
)
OPPORTUNITIES = RecordKind(
    key="opportunities",
    singular="opportunity",
    plural="Opportunities",
    model=Opportunity,
    form=OpportunityForm,
    columns=(
        Column("Name", "title", "title", sort="name"),
        Column("Organization", "organization", "link", sort="organization"),
        Column("Stage", "stage", "status", sort="stage"),
        Column("Close", "close_date", "day", sort="close"),
        Column("Amount", "amount", "money", sort="amount"),
    ),
    teach="Sales that may come off will be here, with what they are worth and when they should close.",
)
PROJECTS = RecordKind(
    key="projects",
    singular="project",
    plural="Projects",
    model=Project,
    form=ProjectForm,
    columns=(
        Column("Name", "title", "title", sort="name"),
        Column("Organization", "organization", "link", sort="organization"),
        Column("Status", "status", "status", sort="status"),
        Column("Ends", "ends_on", "day", sort="ends"),
        Column("Budget", "budget", "money", sort="budget"),
    ),
    teach="Work that is being done will be here, with its dates and its budget.",
)

KINDS: Mapping[str, RecordKind] = MappingProxyType(
    {kind.key: kind for kind in (CONTACTS, ORGANIZATIONS, OPPORTUNITIES, PROJECTS)}
)

# How a status of a project looks; the word says it, the colour repeats it.
_STATUS_TONES = {"Planned": "info", "Active": "good", "On hold": "warn"}
_OUTCOME_TONES = {"open": "info", "won": "good"}


def tone_of(record: Record) -> str:
    """How the stage of an opportunity or the status of a project is coloured."""
    if isinstance(record, Opportunity):
        return _OUTCOME_TONES.get(record.outcome, "mute")
    return _STATUS_TONES.get(str(getattr(record, "status", "")), "mute")
