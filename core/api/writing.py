"""From what a program sends to a form that is checked: the same forms, and so the same rules, as on the pages."""

from __future__ import annotations

from typing import Any

from webob.multidict import MultiDict

from core.api.problems import Problem
from core.api.values import Sent, typed, wrong_with
from core.records.editing import form_for, is_good, offer
from core.records.forms import RecordForm
from core.records.kinds import RecordKind
from core.records.merging import text_in
from core.records.models import Record
from core.records.stages import stages


def new_form(request: Any, kind: RecordKind, sent: Sent) -> RecordForm:
    """A form for a new record, checked. Raises `Problem`.

    What is left out has its usual value: the user is the owner, the stage is the first of the pipeline.
    """
    form_class = form_for(request, kind)
    usual = {"owner_id": str(request.identity.id)}
    if kind.key == "opportunities":
        usual["stage"] = stages(request.dbsession)[0].name
    form = form_class(MultiDict({**usual, **typed(kind.key, sent, form_class.CUSTOM)}))
    return _checked(request, form)


def change_form(request: Any, kind: RecordKind, record: Record, sent: Sent) -> RecordForm:
    """A form for a record, with what was sent over what is stored (RFC 7396), checked. Raises `Problem`.

    Another stage brings its own probability along, as on the board, unless one was sent too.
    """
    form_class = form_for(request, kind)
    stored = offer(request, form_class(obj=record), record)
    texts = {name: text_in(stored[name]) for name in stored.names()}
    changes = typed(kind.key, sent, form_class.CUSTOM)
    if changes.get("stage", texts.get("stage")) != texts.get("stage") and "probability" not in changes:
        changes["probability"] = ""
    return _checked(request, form_class(MultiDict({**texts, **changes}), obj=record), record)


def _checked(request: Any, form: RecordForm, record: Record | None = None) -> RecordForm:
    offer(request, form, record)
    if not is_good(request, form):
        raise Problem("invalid", errors=wrong_with(form))
    return form
