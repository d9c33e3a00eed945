"""What a deed says is read by who has the rights it takes in the connection it was done in, and by nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from core.accounting.access import LINK, MANAGE, SEE_AMOUNTS, SEE_BILLS, SEE_STATUS
from core.accounting.deeds import RIGHTS, in_connection
from core.accounting.models import Connection, ConnectionAccess
from core.audit.service import record_deed
from core.services import Services
from core.users.models import Role
from core.users.seed import DEMO_PASSWORD
from core.users.service import add_user
from tests.conftest import LogIn
from tests.core.accounting.books import Books, connect
from tests.core.accounting.on_the_stub import ini
from tests.databases import NOW

pytestmark = pytest.mark.slow  # walks through pages

__all__ = ["ini"]

SAYS = "Aladdin and his lamp"
ALL_OF_IT = (SEE_STATUS, SEE_AMOUNTS, SEE_BILLS, LINK)
STATUS = ("party linked", "party unlinked", "party made", "party followed", "copied to party", "copied to record")
AMOUNTS = ("draft made", "draft changed", "draft deleted", "document linked", "document unlinked")
BILLS = ("bill linked", "bill unlinked")
KNOWN = ("accounting connected", "accounting disconnected")
MANAGED = ("accounting access changed", "accounting settings changed")
# What a user has in general, what is left in the connection (None: all of it), and the deeds that may be read.
WHO: list[tuple[tuple[str, ...], tuple[str, ...] | None, tuple[str, ...]]] = [
    (ALL_OF_IT, None, (*STATUS, *AMOUNTS, *BILLS, *KNOWN)),
    (ALL_OF_IT, (SEE_STATUS, SEE_AMOUNTS), (*STATUS, *AMOUNTS, *KNOWN)),
    (ALL_OF_IT, (SEE_STATUS, LINK), (*STATUS, *KNOWN)),
    (ALL_OF_IT, (), ()),
    ((SEE_STATUS,), None, (*STATUS, *KNOWN)),
    ((SEE_STATUS, SEE_BILLS), None, (*STATUS, *KNOWN)),
    ((), None, KNOWN),
    ((*ALL_OF_IT, MANAGE), (), (*KNOWN, *MANAGED)),
    ((*ALL_OF_IT, MANAGE), None, tuple(RIGHTS)),
]


@pytest.mark.parametrize(("general", "kept", "read"), WHO)
def test_a_deed_is_read_by_who_has_its_rights_in_its_connection(
    services: Services, log_in: LogIn, general: tuple[str, ...], kept: tuple[str, ...] | None, read: tuple[str, ...]
) -> None:
    connect(log_in("admin"), services)
    other = Books(services).connect_another("Sesame Holdings")
    with services.db.begin() as session:
        where = in_connection(session.get_one(Connection, other))
        for deed in RIGHTS:
            values: dict[str, Any] = {"party": f"{SAYS} {deed}", **where}
            record_deed(session, when=NOW, user_id=1, deed=deed, old=values, new={**values, "more": SAYS})
        role = Role(key="auditor", title="Auditor", rights=[*general, "audit.see"])
        session.add(role)
        session.flush()
        if kept is not None:
            session.add(ConnectionAccess(role_id=role.id, connection_id=other, rights=list(kept)))
        add_user(session, login="auditor", name="Auditor", password=DEMO_PASSWORD, role="auditor", when=NOW)
    told = log_in("auditor").get("/admin/audit").text
    assert {deed for deed in RIGHTS if f"{SAYS} {deed}" in told} == set(read)
    assert told.count(SAYS) == 3 * len(read), "the old, the new, and nothing of the others"
    assert ("Sesame Holdings" in told) == bool(read)


def test_every_deed_is_in_the_table() -> None:
    assert {*STATUS, *AMOUNTS, *BILLS, *KNOWN, *MANAGED} == set(RIGHTS)
