"""The keys under which a party of the index is found (`core.accounting.suggestions` looks them up)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from sqlalchemy import Table, delete, insert
from sqlalchemy.orm import Session

from core.accounting.folding import SHORTEST_PHONE, any_order, domain_of, fold, phone_digits, tax_digits
from core.accounting.models import PartyKey
from core.contract.values import Party

LEAST_WORD, BEGINNING = 3, 4
_TABLE = cast(Table, PartyKey.__table__)  # many rows: without the session's bookkeeping for each
PLAIN = {"synchronize_session": False}
WIDTH = 120


def keys_of(party: Party) -> set[str]:
    """Under what a party is found."""
    folded, person = fold(party.name), f"{party.first_name} {party.last_name}".strip()
    found = {
        "name:": " ".join(sorted(folded.split())),
        "person:": any_order(person) if person else "",
        "email:": party.email.strip().lower(),
        "domain:": domain_of(party.email) if "@" in party.email else "",
        "phone:": phone_key(party.phone),
        "tax:": tax_key(party.tax_number),
        "ref:": party.record_ref.strip(),
    }
    words = {f"word:{beginning}" for beginning in beginnings(folded)}
    return {(sort + value)[:WIDTH] for sort, value in found.items() if value} | words


def save_keys(session: Session, connection_id: int, parties: Mapping[int, Party]) -> None:
    """Write the keys of parties, by the id of their rows, instead of those they had."""
    session.execute(delete(PartyKey).where(PartyKey.party.in_(list(parties))), execution_options=PLAIN)
    rows = [
        {"connection_id": connection_id, "key": key, "party": row_id}
        for row_id, party in parties.items()
        for key in sorted(keys_of(party))
    ]
    if rows:
        session.execute(insert(_TABLE), rows)


def phone_key(text: str) -> str:
    """The last digits of a phone: the same for a line with and without its country and area."""
    number = phone_digits(text)
    return number[-SHORTEST_PHONE:] if len(number) >= SHORTEST_PHONE else ""


def tax_key(text: str) -> str:
    """A tax number as it is compared; "" for what is too short to be one."""
    number = tax_digits(text)
    return number if len(number) >= 5 else ""


def beginnings(folded: str) -> list[str]:
    """How the words of a folded name begin, short words left out."""
    return [word[:BEGINNING] for word in folded.split() if len(word) >= LEAST_WORD]
