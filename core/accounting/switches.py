"""What an admin may switch on and off for one connection."""

from __future__ import annotations

from core.accounting import connections
from core.accounting.models import Connection
from core.contract.values import Capability
from core.services import Services

# The columns, each with its name in the audit trail.
SWITCHES = {"converted": "other_currencies_converted", "record_refs": "our_number_in_new_contacts"}


def offered(services: Services, connection: Connection) -> tuple[str, ...]:
    """The switches that a connection has: our number goes only where the accounting system has a place for it."""
    able = connections.capabilities(services, connection)
    return tuple(name for name in SWITCHES if name != "record_refs" or Capability.PARTY_RECORD_REF in able)
