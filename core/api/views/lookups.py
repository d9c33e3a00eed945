"""What programs look up: who they are, users, tags, stages, custom fields; and the search."""

from __future__ import annotations

from typing import Any

from core.api import answers, listing, scopes, shapes
from core.api.operations import Operation, Parameter
from core.forms import clean
from core.records.custom import STYLES, custom_fields
from core.records.kinds import KINDS
from core.records.stages import OUTCOMES, stages
from core.records.tags import known_tags
from core.search import service, words
from core.search.models import SearchEntry
from core.search.views import sections_of

MOST_HITS, USUAL_HITS = 50, 10
_KIND = {**shapes.text(), "enum": list(KINDS)}
_TEXTS = {"type": "array", "items": shapes.text()}
SCHEMAS: dict[str, shapes.Schema] = {
    "Me": shapes.thing(
        {
            "id": shapes.whole(),
            "login": shapes.text(),
            "name": shapes.text(),
            "role": shapes.text(about="The key of the role."),
            "rights": {**_TEXTS, "description": "What the role may do."},
            "scopes": {**_TEXTS, "description": "What this token may be used for."},
        }
    ),
    "User": shapes.thing({"id": shapes.whole(), "name": shapes.text()}),
    "Stage": shapes.thing(
        {
            "name": shapes.text(),
            "probability": shapes.whole("How likely it makes a deal, per cent.", most=100),
            "outcome": {**shapes.text(), "enum": list(OUTCOMES)},
        }
    ),
    "CustomField": shapes.thing(
        {
            "kind": _KIND,
            "key": shapes.text(about="Its name within `custom`; with `custom_` in front as filter and order."),
            "label": shapes.text(),
            "style": {**shapes.text(), "enum": list(STYLES)},
            "choices": {**_TEXTS, "description": "What there is to choose from, for the style choice."},
        }
    ),
    "Hit": shapes.thing(
        {
            "section": shapes.text(about="The type of the record, or what hangs on one: `notes`."),
            "record": shapes.ref("RecordRef"),
            "title": shapes.text(),
            "detail": shapes.text(about="More of it, around what was looked for."),
            "similar": {"type": "boolean", "description": "Whether it is only much like what was looked for."},
            "url": shapes.text(about="The address of the record's page."),
        }
    ),
}


def _items(name: str) -> shapes.Schema:
    return shapes.thing({"items": {"type": "array", "items": shapes.ref(name)}})


def operations() -> list[Operation]:
    """The operations that only look something up."""
    known: dict[str, Any] = {"tag": "Lookups", "scope": scopes.READ_RECORDS}
    kind = Parameter("kind", "The type of record.", _KIND)
    needed = Parameter("kind", "The type of record.", _KIND, required=True)
    tags: dict[str, Any] = {"gives": shapes.thing({"items": _TEXTS}), "parameters": [needed]}
    fields: dict[str, Any] = {"gives": _items("CustomField"), "parameters": [kind]}
    hits: dict[str, Any] = {"gives": _items("Hit"), "parameters": SEARCHED, "about": FORGIVING}
    return [
        Operation("GET", "/me", "me", me, "Who you are", "Lookups", gives=shapes.ref("Me")),
        Operation("GET", "/users", "users", users, "Users who may log in", gives=_items("User"), **known),
        Operation("GET", "/tags", "tags", tags_of, "Tags in use, by name", **known, **tags),
        Operation("GET", "/stages", "stages", stages_of, "The stages of the pipeline", gives=_items("Stage"), **known),
        Operation("GET", "/custom-fields", "custom_fields", fields_of, "Custom fields", **known, **fields),
        Operation("GET", "/search", "search", search, "Search everything", "Search", scopes.SEARCH, **hits),
    ]


FORGIVING = "As the search box does: parts of words in any order, whatever the accents, small typing errors forgiven."
SEARCHED = [
    Parameter("q", "What to look for.", {**shapes.text(200), "minLength": 1}, required=True),
    Parameter("in", "Only in one section: a type of record, or `notes`.", shapes.text(20)),
    Parameter(
        "limit", "How many at most.", {"type": "integer", "minimum": 1, "maximum": MOST_HITS, "default": USUAL_HITS}
    ),
]


def me(request: Any) -> Any:
    """Who shows this token."""
    who, bearer = request.identity, request.api_bearer
    told = {"id": who.id, "login": who.login, "name": who.name, "role": who.role}
    return answers.reply({**told, "rights": sorted(who.rights), "scopes": sorted(bearer.scopes)})


def users(request: Any) -> Any:
    """Who may own records and do tasks."""
    return answers.reply({"items": [{"id": number, "name": name} for number, name in request.people()]})


def tags_of(request: Any) -> Any:
    """The tags of a type."""
    return answers.reply({"items": list(known_tags(request.dbsession, request.GET["kind"]))})


def stages_of(request: Any) -> Any:
    """The stages in their order."""
    found = stages(request.dbsession)
    told = [{"name": one.name, "probability": one.probability, "outcome": one.outcome} for one in found]
    return answers.reply({"items": told})


def fields_of(request: Any) -> Any:
    """The custom fields of a type, or of all."""
    kinds = [request.GET["kind"]] if request.GET.get("kind") else list(KINDS)
    found = [(kind, field) for kind in kinds for field in custom_fields(request.dbsession, kind)]
    told = [
        {"kind": kind, "key": one.key, "label": one.label, "style": one.style, "choices": list(one.choices)}
        for kind, one in found
    ]
    return answers.reply({"items": told})


def search(request: Any) -> Any:
    """The best of what is found, and behind it what is only similar."""
    query = words.read(clean(request.GET["q"])[: words.LONGEST])
    known, only = list(sections_of(request)), request.GET.get("in", "")
    if only and only not in known:
        raise listing.wrong({"parameter": "in", "message": f"Send one of {', '.join(known)}."})
    limit = int(request.GET.get("limit") or USUAL_HITS)
    answer = service.search(request.dbsession, query, [only] if only else known, limit=limit)
    hits = [_hit(request, query, entry, similar=False) for entry in answer.best]
    hits += [_hit(request, query, entry, similar=True) for entry in answer.similar]
    return answers.reply({"items": hits[:limit]})


def _hit(request: Any, query: words.Query, entry: SearchEntry, *, similar: bool) -> dict[str, Any]:
    return {
        "section": entry.section,
        "record": {"kind": entry.kind, "id": entry.record_id},
        "title": entry.title,
        "detail": words.excerpt(entry.detail, query),
        "similar": similar,
        "url": f"{request.services.settings.url}{entry.path}",
    }
