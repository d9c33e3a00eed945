"""What accounting keeps beside a record, told before the record is deleted and dropped with it.

Nothing changes in an accounting system. Links go, and are written down as unlinked. What was typed and never sent goes.
What is on its way there, or may have arrived, stays, for its outcome must still be learnt; so do drafts that were made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, func, not_, select
from sqlalchemy.orm import Session

from core.accounting import draft_changes, drafts, linking, parties, party_changes
from core.accounting.access import SEE_AMOUNTS, SEE_BILLS, SEE_STATUS
from core.accounting.intents import unsent
from core.accounting.models import DocumentLink, Draft, DraftChange, NewPartyIntent, PartyChange
from core.accounting.sending import Deed, give_up
from core.accounting.words import BILL_KINDS
from core.records.service import Actor, Companion, May

NAMED = 5
_DEEDS: tuple[Deed[Any, Any], ...] = (drafts.DEED, draft_changes.DEED, parties.DEED, party_changes.DEED)


def describe(session: Session, record: Any, may: May) -> list[str]:
    """A sentence for each sort of thing that goes with the record, and for each that stays."""
    return [*_parties(session, record, may), *_documents(session, record, may), *_intents(session, record, may)]


def _parties(session: Session, record: Any, may: May) -> Iterator[str]:
    links = linking.links_of(session, record.kind, record.id)
    shown = [link for link in links if may(SEE_STATUS, link.connection)]
    for name, mine in _by_connection(shown):
        rows = [linking.party_row(session, link.connection_id, link.party_id) for link in mine[:NAMED]]
        names = _list([row.name if row else "a contact that is being read" for row in rows], mine)
        yield f"{_links(mine)} to {names} in {name} will go; the {_of(mine, 'contact')} there will stay."
    yield from _hidden(len(links) - len(shown), "contact")


def _documents(session: Session, record: Any, may: May) -> Iterator[str]:
    links = linking.document_links_of(session, record.kind, record.id)
    shown = [link for link in links if _is_shown(link, may)]
    for name, mine in _by_connection(shown):
        names = _list([linking.number_of(session, link.connection_id, link.document_id) for link in mine[:NAMED]], mine)
        yield f"{_links(mine)} to {names} in {name} will go; the {_of(mine, 'document')} there will stay."
    yield from _hidden(len(links) - len(shown), "document")


def _is_shown(link: DocumentLink, may: May) -> bool:
    seen = may(SEE_AMOUNTS, link.connection)
    return seen and (link.document_kind not in BILL_KINDS or may(SEE_BILLS, link.connection))


def _hidden(count: int, what: str) -> Iterator[str]:
    if count:
        told = f"1 link to a {what}" if count == 1 else f"{count} links to {what}s"
        yield f"{told} that your role does not show will go."


def _by_connection(links: Iterable[Any]) -> Iterator[tuple[str, list[Any]]]:
    found: dict[int, list[Any]] = {}
    for link in links:
        found.setdefault(link.connection_id, []).append(link)
    for mine in found.values():
        yield mine[0].connection.name, mine


def _links(links: Sequence[Any]) -> str:
    return "The link" if len(links) == 1 else f"{len(links)} links"


def _of(links: Sequence[Any], word: str) -> str:
    return word if len(links) == 1 else f"{word}s"


def _list(names: Sequence[str], links: Sequence[Any]) -> str:
    """``A``, ``A and B``, ``A, B and 7 more``: the first few by name."""
    more = len(links) - len(names)
    parts = [*names, f"{more} more"] if more else list(names)
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def _intents(session: Session, record: Any, may: May) -> Iterator[str]:
    """What was typed, by sort; of connections that the user may not know of only that something goes."""
    for model, condition, one, many in _SORTS:
        count = sum(_counts(session, model, record, condition, lambda number: may(SEE_STATUS, number)))
        if count:
            yield f"{count} {one if count == 1 else many}"
    hidden = sum(
        sum(_counts(session, deed.model, record, unsent(deed.model), lambda number: not may(SEE_STATUS, number)))
        for deed in _DEEDS
    )
    if hidden:
        yield f"{hidden} text{'s' if hidden > 1 else ''} not sent yet that your role does not show will go."


def _counts(
    session: Session, model: Any, record: Any, condition: ColumnElement[bool], picks: Callable[[int], bool]
) -> Iterator[int]:
    """How many of a record's intents meet the condition, in each of the connections that are picked by their ids."""
    by = select(model.connection_id, func.count()).where(_mine(model, record), condition).group_by(model.connection_id)
    yield from (count for number, count in session.execute(by) if picks(number))


def drop(session: Session, record: Any, actor: Actor) -> None:
    """Remove the links, written down one by one, and what was typed but never sent."""
    who: dict[str, Any] = {"user_id": actor.user_id, "now": actor.when}
    for party in linking.links_of(session, record.kind, record.id):
        linking.unlink_party(session, record, party.id, **who)
    for document in linking.document_links_of(session, record.kind, record.id):
        linking.unlink_document(session, record, document.id, **who)
    for deed in _DEEDS:
        for row in session.scalars(select(deed.model).where(_mine(deed.model, record), unsent(deed.model))).all():
            give_up(session, deed, row, actor.when)


def _mine(model: Any, record: Any) -> ColumnElement[bool]:
    return and_(model.kind == record.kind, model.record_id == record.id)


def _under_way(model: Any) -> ColumnElement[bool]:
    return and_(model.state != "made", not_(unsent(model)))


_SORTS = (
    (Draft, Draft.state == "made", "draft that was made will stay.", "drafts that were made will stay."),
    (Draft, unsent(Draft), "draft that was not sent will go.", "drafts that were not sent will go."),
    (
        Draft,
        _under_way(Draft),
        "draft on its way will stay under Drafts until it is known what became of it.",
        "drafts on their way will stay under Drafts until it is known what became of them.",
    ),
    (
        NewPartyIntent,
        unsent(NewPartyIntent),
        "new contact that was not sent will go.",
        "new contacts that were not sent will go.",
    ),
    (
        NewPartyIntent,
        _under_way(NewPartyIntent),
        "new contact on its way will be made there, and linked to nothing.",
        "new contacts on their way will be made there, and linked to nothing.",
    ),
    (
        DraftChange,
        unsent(DraftChange),
        "change of a draft that was not sent will go.",
        "changes of drafts that were not sent will go.",
    ),
    (
        DraftChange,
        _under_way(DraftChange),
        "change of a draft on its way will stay until it is known what became of it.",
        "changes of drafts on their way will stay until it is known what became of them.",
    ),
    (PartyChange, unsent(PartyChange), "copy that was not sent will go.", "copies that were not sent will go."),
    (
        PartyChange,
        _under_way(PartyChange),
        "copy on its way will still be written there.",
        "copies on their way will still be written there.",
    ),
)
COMPANION = Companion(describe, drop)
