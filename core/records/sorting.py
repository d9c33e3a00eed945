"""By what lists can be sorted: by every column, custom fields and the owner among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Float, Integer, String, UnaryExpression, case, func, literal_column, select, true
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.operators import custom_op

from core.records import custom
from core.records.custom import PREFIX, CustomField, custom_fields
from core.records.keyset import Order, Through
from core.records.models import MODELS, Contact, Opportunity, Organization, Project
from core.records.stages import stages
from core.users.models import User

NUMERAL = r"^-?[0-9]{1,15}(\.[0-9]{1,10})?$"


@dataclass(frozen=True)
class Sort:
    """What a column is sorted by: expressions over the type's model; `nullable` where the only one may be nothing.

    `through` is where the only one stands, if not in the record itself.
    """

    columns: tuple[Any, ...]
    nullable: bool = False
    through: Through | None = None


def by_text(column: Any) -> Sort:
    """By a text however it is capitalised, empty ones last."""
    return Sort((func.nullif(func.lower(column), literal_column("''"), type_=String()),), nullable=True)


def by_organization(model: Any) -> Sort:
    """By the name of the organization."""
    of = aliased(Organization)
    return _by_name(of, model.organization_id, of.deleted_at.is_(None))


def by_owner(model: Any) -> Sort:
    """By the owner's name."""
    return _by_name(aliased(User), model.owner_id, true())


def _by_name(of: Any, link: Any, alive: ColumnElement[bool]) -> Sort:
    name = select(func.lower(of.name)).where(of.id == link, alive).correlate(link.class_).scalar_subquery()
    # The plus keeps databases from looking the name of each record up by its number: they begin with the names.
    begun: Any = UnaryExpression(of.id, operator=custom_op("+"), type_=Integer())
    return Sort((name,), nullable=True, through=Through(of, (begun == link) & alive, func.lower(of.name)))


# By the names that addresses have for them; the first is the default. Indexes in the models match the usual ones.
SORTS: dict[str, dict[str, Sort]] = {
    "contacts": {
        "name": Sort((func.lower(Contact.last_name), func.lower(Contact.first_name))),
        "organization": by_organization(Contact),
        "email": by_text(Contact.email),
        "phone": by_text(Contact.phone),
        "city": by_text(Contact.city),
    },
    "organizations": {
        "name": Sort((func.lower(Organization.name),)),
        "city": by_text(Organization.city),
        "email": by_text(Organization.email),
        "phone": by_text(Organization.phone),
    },
    "opportunities": {
        "name": Sort((func.lower(Opportunity.name),)),
        "organization": by_organization(Opportunity),
        "stage": Sort((Opportunity.stage,)),  # put into the order of the pipeline when a list is read
        "amount": Sort((Opportunity.amount,), nullable=True),
        "close": Sort((Opportunity.close_date,), nullable=True),
    },
    "projects": {
        "name": Sort((func.lower(Project.name),)),
        "organization": by_organization(Project),
        "status": Sort((Project.status,)),
        "ends": Sort((Project.ends_on,), nullable=True),
        "budget": Sort((Project.budget,), nullable=True),
    },
}
for _kind, _sorts in SORTS.items():
    _sorts["owner"] = by_owner(MODELS[_kind])
    _sorts["changed"] = Sort((MODELS[_kind].changed_at,))


def custom_value(model: Any, field: CustomField) -> Any:
    """What stands in a custom field, as SQL: a text (dates too, which sort as such), a number, or 1 and 0."""
    inside = model.custom[field.key]
    if field.style == custom.YES_NO:
        flag = inside.as_string().cast(String)  # one database says 1 and 0, the other true and false
        return case((flag.in_(("true", "1")), 1), (flag.in_(("false", "0")), 0), else_=None)
    text = inside.as_string()
    if field.style == custom.NUMBER:  # what no longer fits the style is nothing, and breaks no list
        return case((text.regexp_match(NUMERAL), text.cast(Float)), else_=None)
    return text


def by_custom(model: Any, field: CustomField) -> Sort:
    """By what stands in a custom field, empty ones last."""
    value = custom_value(model, field)
    if field.style in (custom.NUMBER, custom.YES_NO):
        return Sort((value,), nullable=True)
    return by_text(value)


def choose(session: Session, kind: str, sort: str) -> tuple[str, Order]:
    """The order that an address asks for, and its name there; the default one for what is unknown.

    `sort` is a key of `SORTS` or the name of a custom field, with a minus in front for the other way round.
    """
    model: Any = MODELS[kind]
    name, descending = sort.removeprefix("-"), sort.startswith("-")
    found = SORTS[kind].get(name) or _custom(session, kind, name)
    if found is None:
        name, descending = next(iter(SORTS[kind])), False
        found = SORTS[kind][name]
    elif name == "stage":
        found = by_stage({stage.name: place for place, stage in enumerate(stages(session))})
    asked = f"-{name}" if descending else name
    return asked, Order(f"{kind} {asked}", found.columns, model.id, found.nullable, descending, found.through)


def by_stage(places: Mapping[str, int]) -> Sort:
    """By the place in the pipeline; stages that are not there any more come last."""
    return Sort((case(dict(places), value=Opportunity.stage, else_=len(places)).cast(Integer),))


def _custom(session: Session, kind: str, name: str) -> Sort | None:
    if not name.startswith(PREFIX):
        return None
    field = next((field for field in custom_fields(session, kind) if field.name == name), None)
    return by_custom(MODELS[kind], field) if field else None
