"""What every page of a record shows around its content: the head, the line under the title, the tabs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther

from core import formats
from core.contract.extensions import Tab
from core.records import lists
from core.records.kinds import KINDS, tone_of
from core.records.models import Contact, Opportunity, Organization, Project, Record
from core.records.service import LARGEST_ID, Actor, RecordNotFound, get_record


@dataclass(frozen=True)
class Bit:
    """A piece of the line under a record's title: a text, a link, or a status with its `tone`."""

    text: str
    url: str = ""
    tone: str = ""


def record_of(request: Any, *, for_change: bool = False) -> Record:
    """The record that the address names. Raises `RecordNotFound`, which ends in the page for that.

    The address of one that was merged into another leads there.
    """
    kind, number = request.matchdict["records"], int(request.matchdict["id"])
    try:
        return get_record(request.dbsession, kind, number, for_change=for_change)
    except RecordNotFound:
        into = request.registry.record_forward(request.dbsession, kind, number) if number <= LARGEST_ID else None
        if into is None or request.method != "GET":
            raise
        request.session.flash(f"This {KINDS[kind].singular} was merged into the one shown here.", "info")
        raise HTTPSeeOther(f"/{kind}/{into}") from None


def record_page(request: Any, record: Record, active: str, **values: Any) -> dict[str, Any]:
    """What `records/record.jinja2` needs, and `values` for the tab's own block.

    `active` is the key of the tab shown: ``overview``, a related kind such as ``opportunities``, or a plugin's.
    """
    counts = lists.related_counts(request.dbsession, record)
    return {
        "record": record,
        "kind": KINDS[record.kind],
        "sub": sub_line(record, request.name_of(record.owner_id)),
        "tabs": tabs(request, record, counts),
        "active": active,
        "started": any(related.kind == "projects" and count for related, count in counts),
        "strips": [panel for strip in request.registry.record_strips for panel in strip(request, record)],
        **values,
    }


def tabs(request: Any, record: Record, counts: list[tuple[lists.Related, int]]) -> list[Tab]:
    """The record's own tabs, then those of plugins."""
    own = [Tab("overview", "Overview", record.path, 0)]
    for place, (related, count) in enumerate(counts, start=1):
        own.append(Tab(related.kind, related.title, f"{record.path}/{related.kind}", place, str(count or "")))
    return [*own, *request.services.plugins.tabs(request, record)]


def sub_line(record: Record, owner: str) -> list[Bit]:
    """What to know at a glance, under the title."""
    bits = [bit for bit in _about(record) if bit.text]
    return [*bits, Bit(f"Owner {owner}")] if owner else bits


def _about(record: Record) -> list[Bit]:
    if isinstance(record, Organization):
        return [Bit(record.place)]
    if isinstance(record, Contact):
        return [Bit(record.job_title), link_bit(record.organization), Bit(record.place)]
    if isinstance(record, Opportunity):
        word = "closes" if record.outcome == "open" else "was to close"
        closes = f"{word} {formats.day(record.close_date)}" if record.close_date else ""
        value = formats.money(record.amount, record.currency)
        return [Bit(record.stage, tone=tone_of(record)), link_bit(record.organization), Bit(value), Bit(closes)]
    ends = f"ends {formats.day(record.ends_on)}" if record.ends_on else ""
    return [Bit(record.status, tone=tone_of(record)), link_bit(record.organization), Bit(ends)]


def link_bit(target: Organization | Contact | Opportunity | Project | None) -> Bit:
    """A link to another record; empty for None."""
    return Bit(target.title, target.path) if target is not None else Bit("")


def actor(request: Any) -> Actor:
    """Who acts in this request, for the service."""
    return Actor(
        user_id=request.identity.id if request.identity else None,
        when=request.clock.now(),
        plugins=request.services.plugins,
        companions=tuple(request.registry.record_companions),
        watchers=tuple(request.registry.record_watchers),
    )
