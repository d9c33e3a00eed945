"""What accounting keeps: grants, connections, the party index, links, the snapshot and the intents.

Amounts are in the document's own currency, tax in, unless the name says otherwise. Ids called ``…_id`` that are text
are the provider's own ids and opaque here.
"""

from core.accounting.models.connections import (
    PROVIDER_ID,
    BegunWalk,
    CallShare,
    CallSlot,
    CallWindow,
    Connection,
    ConnectionAccess,
    Consent,
    Failure,
    GrantRow,
    Told,
)
from core.accounting.models.intents import (
    Draft,
    DraftChange,
    IntentColumns,
    NewPartyIntent,
    PartyChange,
)
from core.accounting.models.links import (
    DocumentLink,
    PartyLink,
)
from core.accounting.models.snapshot import (
    CREDIT_KINDS,
    Choices,
    DocumentMore,
    DocumentRow,
    LineRow,
    PartyKey,
    PartyRow,
    PaymentRow,
    UnreadDocument,
)

__all__ = [
    "CREDIT_KINDS",
    "PROVIDER_ID",
    "BegunWalk",
    "CallShare",
    "CallSlot",
    "CallWindow",
    "Choices",
    "Connection",
    "ConnectionAccess",
    "Consent",
    "DocumentLink",
    "DocumentMore",
    "DocumentRow",
    "Draft",
    "DraftChange",
    "Failure",
    "GrantRow",
    "IntentColumns",
    "LineRow",
    "NewPartyIntent",
    "PartyChange",
    "PartyKey",
    "PartyLink",
    "PartyRow",
    "PaymentRow",
    "Told",
    "UnreadDocument",
]
