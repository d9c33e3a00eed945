"""What a person may say about a new token."""

from __future__ import annotations

import datetime as dt
from typing import Any

from wtforms import Field, Form, StringField
from wtforms.validators import ValidationError

from core.api.scopes import SCOPES
from core.forms import one_line
from core.users.forms import Choice, Written, at_most

LIVES = {"30": "30 days", "90": "90 days", "365": "A year", "": "Until I revoke it"}


class Ticked(Field):
    """The scopes that were ticked, by key; what is none is nothing."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Keep what there is."""
        self.data = [key for key in SCOPES if key in valuelist]


class TokenForm(Form):
    """A token: what it is for, what it may be used for, how long it lasts."""

    name = StringField(
        "What it is for",
        filters=[one_line],
        validators=[Written("Write what the token is for."), at_most(80)],
        description="The name of the program, say; you will know the token by it.",
        render_kw={"maxlength": 80, "autocomplete": "off"},
    )
    scopes = Ticked("What it may do")
    life = Choice("How long it works", LIVES, default="90")

    def validate_scopes(self, field: Any) -> None:
        """Something of what there is."""
        if not field.data:
            raise ValidationError("Tick at least one thing that the token may do.")

    def expires_at(self, now: dt.datetime) -> dt.datetime | None:
        """When the token is over; None for never."""
        return now + dt.timedelta(days=int(self.life.data)) if self.life.data else None
