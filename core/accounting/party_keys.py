"""The keys under which a party of the index is found (`core.accounting.suggestions` looks them up)."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from core.accounting.models import PartyKey
from core.contract.values import Party
from core.db import table_of
from core.folding import any_order, beginnings, domain_of, fold, phone_key, tax_key

_TABLE = table_of(PartyKey)  # many rows: without the session's bookkeeping for each
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
