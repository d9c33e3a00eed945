"""What is there already, told while typing; and the list of what is probably there twice."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther

from core.duplicates import service
from core.duplicates.keys import KINDS as MATCHED
from core.forms import clean, number_in
from core.records.kinds import KINDS

EDIT = "records.edit"
KIND = f"{{records:{'|'.join(MATCHED)}}}"
TYPED = ("first_name", "last_name", "name", "website", "tax_number")
LONGEST, MOST = 254, 20


def includeme(config: Any) -> None:
    """The routes and who answers them."""
    config.add_route("records.similar", f"/{KIND}/similar")
    config.add_asked_while_typing("records.similar")
    config.add_view(similar, route_name="records.similar", renderer="duplicates/twins.jinja2", permission=EDIT)
    config.add_route("duplicates", "/duplicates")
    config.add_view(show, route_name="duplicates", renderer="duplicates/list.jinja2", permission=EDIT)
    config.add_route("duplicates.apart", f"/duplicates/{KIND}/apart", request_method="POST")
    config.add_view(say_apart, route_name="duplicates.apart", permission=EDIT)
    config.set_record_twins(twins)


def typed_values(fields: Any) -> dict[str, Any]:
    """What was typed of a new record, as far as keys are made of it."""
    values: dict[str, Any] = {name: clean(str(fields.get(name, "")))[:LONGEST] for name in TYPED}
    for name, more in (("email", "emails"), ("phone", "phones")):
        further = [text for key, text in fields.items() if key.startswith(f"more_{name}s-") and key.endswith("-value")]
        texts = [fields.get(name, ""), *further]
        values[more] = [clean(text)[:LONGEST] for text in texts[:MOST] if isinstance(text, str)]
    return values


def twins(request: Any, kind: str, fields: Any) -> list[service.Twin]:
    """The records that are perhaps what is typed."""
    return service.twins(request.dbsession, kind, typed_values(fields)) if kind in MATCHED else []


def similar(request: Any) -> dict[str, Any]:
    """The same as a piece of the form."""
    return {"twins": twins(request, request.matchdict["records"], request.GET)}


def show(request: Any) -> dict[str, Any]:
    """Groups of one kind, a page of them."""
    chosen = request.GET.get("kind", "")
    chosen = chosen if chosen in MATCHED else MATCHED[0]
    found = service.page(request.dbsession, chosen, clean(request.GET.get("after", ""))[:200])
    return {"kind": KINDS[chosen], "kinds": [KINDS[key] for key in MATCHED], "found": found}


def say_apart(request: Any) -> Any:
    """Remember that the records of a group are not the same."""
    kind = request.matchdict["records"]
    ids = {number_in(text) for text in request.POST.getall("id")[:MOST] if isinstance(text, str)}
    who = request.identity.id
    if service.say_apart(request.dbsession, kind, ids, user_id=who, now=request.clock.now()) > 1:
        request.session.flash("They will not be shown as duplicates of each other again.", "success")
    return HTTPSeeOther(f"/duplicates?kind={kind}")
