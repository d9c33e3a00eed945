"""Lists by cursor: the same filters and orders as the list pages, asked for strictly."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from core.api.operations import USUAL
from core.api.problems import Problem, Said
from core.records import keyset, lists, sorting
from core.records.keyset import BadCursor, Order, Place
from core.records.listing import Listing, listing
from core.records.models import MODELS, Opportunity, Record

OWN = frozenset({"q", "sort", "limit", "cursor"})


def limit_of(request: Any) -> int:
    """How many are asked for; the document has been held against it already."""
    return int(request.GET.get("limit") or USUAL)


def records(request: Any, kind: str) -> tuple[Sequence[Record], str, Listing]:
    """A page of records, the cursor of the next one, and the list they are of. Raises `Problem`."""
    asked = listing(request, kind)
    _check_filters(request, asked)
    _, order = sorting.choose(request.dbsession, kind, asked.sort)
    model: Any = MODELS[kind]
    query = select(model).where(*asked.conditions)
    if kind == "opportunities":
        query = query.options(selectinload(Opportunity.lines))
    found, cursor = rows(request, request.dbsession, query, order)
    lists.read_tags(request.dbsession, kind, found)
    return found, cursor, asked


def rows(request: Any, session: Session, query: Any, order: Order) -> tuple[list[Any], str]:
    """A page of what a query selects, and the cursor of the next one. Raises `Problem`."""
    limit, start = limit_of(request), _place(request, order)
    found = keyset.rows(session, query, order, limit=limit + 1, start=start)
    there = found[:limit]
    cursor = keyset.seal(Place(tuple(there[-1][1:]), there[-1][0].id), order) if len(found) > limit else ""
    return [row[0] for row in there], cursor


def _place(request: Any, order: Order) -> Place | None:
    cursor = request.GET.get("cursor", "")
    if not cursor:
        return None
    try:
        return keyset.unseal(cursor, order)
    except BadCursor as error:
        text = "This is no place in this list. Take it from “next”, with the same order; begin anew without it."
        raise wrong({"parameter": "cursor", "message": text}) from error


def wrong(*said: Said) -> Problem:
    """The problem of a question that is wrong in these parameters."""
    return Problem("wrong-question", errors=said)


def check_names(request: Any, known: Collection[str], *, several: Collection[str] = ()) -> list[Said]:
    """What is wrong with the names of the parameters: one that is not known, or comes twice without need."""
    found: list[Said] = []
    for name in dict.fromkeys(request.GET):
        if name not in known:
            text = f"There is no such parameter. There are: {', '.join(sorted(known))}."
            found.append({"parameter": name, "message": text})
        elif name not in several and len(request.GET.getall(name)) > 1:
            found.append({"parameter": name, "message": "Give it once."})
    return found


def refuse_unknown(request: Any, known: Collection[str]) -> None:
    """Raises `Problem` where a parameter is not known or comes twice."""
    if found := check_names(request, known):
        raise wrong(*found)


def _check_filters(request: Any, asked: Listing) -> None:
    known = OWN | {one.name for one in asked.filters}
    found = check_names(request, known, several={one.name for one in asked.filters if one.several})
    found += [{"parameter": name, "message": text} for name, text in asked.chosen.problems.items() if name in known]
    name, _ = sorting.choose(request.dbsession, asked.kind.key, asked.sort)
    if asked.sort and name != asked.sort:
        orders = [*sorting.SORTS[asked.kind.key], *(field.name for field in asked.fields)]
        text = f"Sort by one of {', '.join(orders)}; with a minus in front for the other way round."
        found.append({"parameter": "sort", "message": text})
    if found:
        raise wrong(*found)
