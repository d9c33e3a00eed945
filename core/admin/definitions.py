"""The pages on which an administrator defines the stages of the pipeline and the custom fields of records."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther

from core.audit import write_down
from core.forms import can_be_seen, clean, typed_in
from core.records import custom
from core.records.custom import CustomFieldRow, NotAField, all_rows, move_up, save_field
from core.records.kinds import KINDS
from core.records.stages import OPEN, OUTCOMES, NotAStage, Stage, Written, save_stages, stages

DEFINE = "records.define"
WORDS = {"stages.changed": "Stages changed", "field.created": "Field made", "field.changed": "Field changed"}
LONGEST_NAME, MOST_STAGES = 40, 30
_NAME = re.compile(r"stage-(\d{1,3})-(name|was|probability|outcome)", re.ASCII)
Texts = dict[str, str]


def includeme(config: Any) -> None:
    """The routes and who answers them."""
    config.add_deed_words(WORDS)
    config.add_route("admin.stages", "/admin/stages")
    page: dict[str, Any] = {"route_name": "admin.stages", "renderer": "admin/stages.jinja2", "permission": DEFINE}
    config.add_view(show_stages, request_method="GET", **page)
    config.add_view(post_stages, request_method="POST", **page)
    config.add_route("admin.fields", "/admin/fields")
    page = {"route_name": "admin.fields", "renderer": "admin/fields.jinja2", "permission": DEFINE}
    config.add_view(show_fields, request_method="GET", **page)
    config.add_view(add_field, request_method="POST", **page)
    config.add_route("admin.field", "/admin/fields/{id:[0-9]{1,9}}")
    page = {"route_name": "admin.field", "renderer": "admin/field.jinja2", "permission": DEFINE}
    config.add_view(show_field, request_method="GET", **page)
    config.add_view(change_field, request_method="POST", **page)


@dataclass
class Typed:
    """The stages as they stand in the form: texts by row, and sentences by row and part (-1 for the whole)."""

    rows: list[Texts]
    problems: dict[tuple[int, str], str] = field(default_factory=dict)

    @property
    def told(self) -> list[tuple[str, str]]:
        """The id of each field to mend and its sentence, for the summary at the top."""
        return [
            (f"stage-{row}-{part}", f"Stage {row + 1}: {text}") if row >= 0 else ("", text)
            for (row, part), text in self.problems.items()
        ]

    def act(self, action: str) -> None:
        """Add a row, remove one or move one up or down; nothing is saved."""
        deed, _, number = action.partition("-")
        place = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else -1
        if deed == "add" and len(self.rows) < MOST_STAGES:
            self.rows.append({"name": "", "was": "", "probability": "", "outcome": OPEN})
        if deed == "remove" and 0 <= place < len(self.rows):
            del self.rows[place]
        if deed in ("up", "down"):
            above = place - 1 if deed == "up" else place
            if 0 <= above < len(self.rows) - 1:
                self.rows[above : above + 2] = [self.rows[above + 1], self.rows[above]]

    def read(self) -> list[Written]:
        """The stages; what cannot be read is written into `problems`."""
        return [self._one(place, row) for place, row in enumerate(self.rows)]

    def _one(self, place: int, row: Texts) -> Written:
        name, likely = clean(row["name"]), row["probability"].strip().removesuffix("%").strip()
        if not can_be_seen(name):
            self.problems[place, "name"] = "Write a name, or remove the stage."
        elif len(name) > LONGEST_NAME:
            self.problems[place, "name"] = f"Write at most {LONGEST_NAME} characters."
        if not re.fullmatch(r"\d{1,3}", likely, re.ASCII) or int(likely) > 100:
            self.problems[place, "probability"] = "Write a whole number from 0 to 100."
            likely = "0"
        if row["outcome"] not in OUTCOMES:
            self.problems[place, "outcome"] = "Choose one of the list."
        return Written(Stage(name, int(likely), row["outcome"]), row["was"])


def _typed(posted: Mapping[str, Any]) -> Typed:
    rows: dict[int, Texts] = {}
    for key, value in posted.items():
        found = _NAME.fullmatch(key)
        if found and isinstance(value, str):
            blank = {"name": "", "was": "", "probability": "", "outcome": ""}
            rows.setdefault(int(found[1]), blank)[found[2]] = value[:200]
    return Typed([rows[number] for number in sorted(rows)][:MOST_STAGES])


def _texts(found: Sequence[Stage]) -> list[Texts]:
    return [
        {"name": one.name, "was": one.name, "probability": str(one.probability), "outcome": one.outcome}
        for one in found
    ]


def _seen(found: Sequence[Stage]) -> str:
    return "|".join(f"{one.name}/{one.probability}/{one.outcome}" for one in found)


def show_stages(request: Any) -> dict[str, Any]:
    """The stages in a form."""
    found = stages(request.dbsession)
    return {"typed": Typed(_texts(found)), "seen": _seen(found), "stale": False}


def post_stages(request: Any) -> Any:
    """Change the form as a button in it asks, or save the stages; what is wrong is said and nothing saved."""
    typed, before, seen = _typed(request.POST), stages(request.dbsession), typed_in(request.POST, "seen")
    if action := typed_in(request.POST, "action"):
        typed.act(action)
        return {"typed": typed, "seen": seen, "stale": False}
    if seen != _seen(before):
        request.response.status_int = 409
        return {"typed": typed, "seen": _seen(before), "stale": True, "now": before}
    written = typed.read()
    if not typed.problems and _save(request, written, typed):
        return HTTPSeeOther("/admin/stages")
    request.response.status_int = 422
    return {"typed": typed, "seen": seen, "stale": False}


def _save(request: Any, written: Sequence[Written], typed: Typed) -> bool:
    session, old = request.dbsession, _told(stages(request.dbsession))
    try:
        save_stages(session, written, when=request.clock.now(), user_id=request.identity.id)
    except NotAStage as refusal:
        typed.problems |= {(row, "name" if row >= 0 else text): text for row, text in refusal.problems}
        return False
    new = _told(stages(session))
    if new != old:
        write_down(request, "stages.changed", old={"stages": old}, new={"stages": new})
    request.session.flash("The stages were saved.", "success")
    return True


def _told(found: Sequence[Stage]) -> list[str]:
    return [f"{one.name} ({one.probability} %, {one.outcome})" for one in found]


def _kind_of(request: Any) -> str:
    asked = typed_in(request.params, "kind")
    return asked if asked in KINDS else next(iter(KINDS))


def _fields_page(request: Any, typed: Mapping[str, Any] | None = None, refusal: NotAField | None = None) -> Any:
    kind = _kind_of(request)
    shown = {"kind": KINDS[kind], "kinds": KINDS, "rows": all_rows(request.dbsession, kind), "styles": custom.STYLES}
    return {**shown, "typed": typed or {}, "refusal": refusal}


def show_fields(request: Any) -> Any:
    """The custom fields of one type, and a form for another."""
    return _fields_page(request)


def _posted(request: Any) -> dict[str, Any]:
    texts = {name: clean(typed_in(request.POST, name))[:30_000] for name in ("label", "style", "choices")}
    return {**texts, "in_list": request.POST.get("in_list") == "yes"}


def _own(kind: str) -> list[str]:
    """What the fields and columns are called that every record of a type has."""
    form, columns = KINDS[kind].form(), KINDS[kind].columns
    return [*(str(field.label.text) for field in form), *(column.label for column in columns)]


def add_field(request: Any) -> Any:
    """Make a custom field."""
    typed = _posted(request)
    try:
        row = save_field(request.dbsession, _kind_of(request), None, **typed, taken=_own(_kind_of(request)))
    except NotAField as refusal:
        request.response.status_int = 422
        return _fields_page(request, typed, refusal)
    write_down(request, "field.created", new={"type": KINDS[row.kind].plural, **_values(row)})
    request.session.flash(f"{row.label} was added to {KINDS[row.kind].plural.lower()}.", "success")
    return HTTPSeeOther(f"/admin/fields?kind={row.kind}")


def _row(request: Any) -> CustomFieldRow:
    row: CustomFieldRow | None = request.dbsession.get(CustomFieldRow, int(request.matchdict["id"]))
    if row is None:
        raise HTTPNotFound
    return row


def show_field(request: Any) -> dict[str, Any]:
    """One custom field in a form."""
    row = _row(request)
    typed = {"label": row.label, "choices": "\n".join(row.choices), "in_list": row.in_list}
    return {"row": row, "kind": KINDS[row.kind], "styles": custom.STYLES, "typed": typed, "refusal": None}


def change_field(request: Any) -> Any:
    """Change a custom field, retire it, bring it back or move it up, as the pressed button says."""
    row, action = _row(request), typed_in(request.POST, "action")
    old = _values(row)
    if action == "up":
        move_up(request.dbsession, row)
    elif action in ("retire", "bring-back"):
        row.retired = action == "retire"
    else:
        typed = _posted(request)
        try:
            save_field(request.dbsession, row.kind, row, **typed, taken=_own(row.kind))
        except NotAField as refusal:
            request.response.status_int = 422
            return {**show_field(request), "typed": typed, "refusal": refusal}
    _tell_change(request, row, old)
    return HTTPSeeOther(f"/admin/fields?kind={row.kind}")


def _tell_change(request: Any, row: CustomFieldRow, old: Mapping[str, Any]) -> None:
    new = _values(row)
    changed = [name for name in new if new[name] != old[name]]
    if changed:
        write_down(
            request,
            "field.changed",
            old={"field": old["field"], **{name: old[name] for name in changed}},
            new={name: new[name] for name in changed},
        )
        request.session.flash(f"{row.label} was saved.", "success")


def _values(row: CustomFieldRow) -> dict[str, Any]:
    return {
        "field": row.label,
        "style": custom.STYLES[row.style],
        "choices": list(row.choices),
        "in lists": row.in_list,
        "retired": bool(row.retired),
    }
