"""Samples for the style guide page: one of each component, with values that stretch it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from markupsafe import Markup
from wtforms import Form

from core.activity.models import Task
from core.activity.tasks import Row
from core.activity.wording import Change
from core.contract.extensions import Tab
from core.plots import scale
from core.records.fields import AmountField, ChoiceField, DayField, lines, text


@dataclass(frozen=True)
class Happening:
    """An entry of a sample timeline."""

    when: dt.datetime
    who: str
    text: str


class SampleForm(Form):
    """A form with each kind of field, one of them filled in wrongly."""

    name = text("Name", 200, required=True)
    due = DayField("Due", description="Their terms of 20 days give 12 Dec 2026.")
    amount = AmountField("Amount")
    stage = ChoiceField("Stage", choices=("New", "Won"))
    note = lines("Note", 500)


def samples(now: dt.datetime) -> dict[str, Any]:
    """What the page of samples needs."""
    form = SampleForm(data={"name": "Harbour Coffee Roasters", "amount": Decimal("6400")})
    form.due.errors = ["Before the date. Write 12 Dec 2026 or later."]
    return {
        "form": form,
        "tabs": [Tab("overview", "Overview", "#tabs"), Tab("people", "People", "#tabs", badge="6")],
        "strip": [Markup("oldest <b>38 days</b>"), Markup("pays after <b>34 days</b>, terms <b>20</b>")],
        "checks": [
            ("no", Markup("<b>Due</b> is before the date")),
            ("maybe", Markup("Customer is <b>38 days overdue</b>")),
            ("ok", "Customer is active, terms known"),
        ],
        **_activity(now),
        "bars": [
            {"label": "Not due", "bars": [(Decimal(4025), "accent")]},
            {"label": "1–30 days", "bars": [(Decimal(1150), "warn")]},
            {"label": "31–60 days", "bars": [(Decimal("3162.5"), "bad")]},
            {"label": "Over 60", "bars": [(Decimal(0), "bad")]},
        ],
        "scale": scale([Decimal(4025)]),
        "steps": [
            {"label": "Agreed", "shown": "NZ$ 20,000.00", "share": 1, "tone": "mute"},
            {"label": "Paid", "shown": "NZ$ 7,463.75", "share": 0.373, "tone": "good"},
        ],
        "amount": Decimal("4312.5"),
    }


def _activity(now: dt.datetime) -> dict[str, Any]:
    """What happened, what is to do, what was changed."""
    overdue, done = Task(id=1, title="Send the samples", state="open"), Task(id=2, title="Measure", state="done")
    return {
        "happenings": [
            Happening(now - dt.timedelta(minutes=4), "Mere Tautari", "Linked to Harbour Coffee Roasters Ltd"),
            Happening(now - dt.timedelta(days=3), "Mere Tautari", "Changed: stage"),
        ],
        "tasks": [
            Row(overdue, "Mere Tautari", "Autumn beans", "#", "Overdue 2 d", "bad"),
            Row(done, "Tom Fielding", "", "", "12 Nov", ""),
        ],
        "changes": [Change("Stage", "Proposal", "Won"), Change("Reason", None, "Price")],
    }
