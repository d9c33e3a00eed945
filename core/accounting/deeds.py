"""What accounting writes into the audit trail: the words of its deeds, and who may read their values."""

from __future__ import annotations

from typing import Any

from core.accounting import access
from core.accounting.access import MANAGE, SEE_AMOUNTS, SEE_BILLS, SEE_STATUS
from core.accounting.models import Connection

# Who may read the values of a deed: the names of parties, the numbers of documents, those of bills. In which connection
# it was done is among the values (`in_connection`), and the rights count there; where none is named here it is for all
# who may know of the connection.
RIGHTS: dict[str, tuple[str, ...]] = {
    "party linked": (SEE_STATUS,),
    "party unlinked": (SEE_STATUS,),
    "party followed": (SEE_STATUS,),
    "party made": (SEE_STATUS,),
    "copied to party": (SEE_STATUS,),
    "copied to record": (SEE_STATUS,),
    "draft made": (SEE_AMOUNTS,),
    "draft changed": (SEE_AMOUNTS,),
    "draft deleted": (SEE_AMOUNTS,),
    "document linked": (SEE_AMOUNTS,),
    "document unlinked": (SEE_AMOUNTS,),
    "bill linked": (SEE_AMOUNTS, SEE_BILLS),
    "bill unlinked": (SEE_AMOUNTS, SEE_BILLS),
    "accounting connected": (),
    "accounting disconnected": (),
    "accounting access changed": (MANAGE,),
    "accounting settings changed": (MANAGE,),
}


# How they are called on pages, which say contact for a party.
WORDS = {
    "party linked": "Contact linked",
    "party unlinked": "Contact unlinked",
    "party followed": "Link followed a merged contact",
    "party made": "Contact made",
    "copied to party": "Fields copied to the contact",
    "copied to record": "Fields copied from the contact",
}


def includeme(config: Any) -> None:
    """Tell the audit trail."""
    config.add_deed_rights(RIGHTS)
    config.add_deed_words(WORDS)
    config.set_deed_judge(access.may_read_deed)


def in_connection(connection: Connection) -> dict[str, Any]:
    """The values of a deed that say in which connection it was done: by name for people, by id for the rights there."""
    return {"in": connection.name, "in_id": connection.id}
