"""What a person may type: notes and tasks."""

from __future__ import annotations

from typing import Any

from wtforms import Form, HiddenField, StringField, TextAreaField
from wtforms.validators import Length

from core.activity.models import LONGEST
from core.forms import number_in
from core.records.fields import DayField, PersonField, Required, lines, text, tidy


class Versioned(Form):
    """A form that knows which version of the row it was opened on; 0 for a new one, or for what is no number."""

    version = HiddenField()

    @property
    def seen_version(self) -> int:
        """The version that the person saw."""
        return number_in(str(self.version.data or ""))

    def saw(self, version: int) -> None:
        """Take note that the person sees this version now."""
        self.version.data = str(version)


class NoteForm(Versioned):
    """A note."""

    text = TextAreaField(
        "Note",
        validators=[Required("Write a note."), Length(max=LONGEST, message="Write at most 10,000 characters.")],
        filters=[tidy],
    )

    @property
    def written(self) -> str:
        """What was typed."""
        return self.text.data or ""


class QuickTaskForm(Form):
    """A task on the page of its record."""

    title = text("Task", 200, required=True)
    due_on = DayField("Due")
    assignee_id = PersonField("For")

    def values(self) -> dict[str, Any]:
        """What was typed, by the names of the model."""
        return {"title": self.title.data, "due_on": self.due_on.data, "assignee_id": self.assignee_id.data}


class TaskForm(Versioned, QuickTaskForm):
    """A task with everything. `about` names a record in words; the view finds out which is meant."""

    note = lines("Note", LONGEST)
    about = StringField("About", filters=[tidy], validators=[Length(max=300, message="Write at most 300 characters.")])

    def values(self) -> dict[str, Any]:
        """What was typed, by the names of the model, without the record."""
        return {**super().values(), "note": self.note.data or ""}
