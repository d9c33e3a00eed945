"""The conformance suite: a provider that passes it behaves as the core expects.

Subclass `ProviderConformance` in a test module, give it three fixtures, and let pytest run it::

    from core.testing.conformance import ProviderConformance

    class TestMyProvider(ProviderConformance):
        @pytest.fixture
        def context(self): ...          # a ProviderContext, e.g. core.testing.StaticContext
        @pytest.fixture
        def provider(self, context): ...
        @pytest.fixture
        def known_party(self): ...      # the id of a party with documents

Override more of its fixtures (see `core.testing.conformance.fixtures`) where it helps: a party for drafts, an archived
party, documents in two currencies, a switch that breaks the wire.

Each claimed capability must work, each unclaimed one must raise `Unsupported`. What a message asks for is what the
contract (`core.AccountingProvider`) says. Needs pytest.
"""

from core.testing.conformance.changes import ChangeChecks
from core.testing.conformance.document_more import DocumentMoreChecks
from core.testing.conformance.documents import DocumentChecks
from core.testing.conformance.drafts import DraftChecks
from core.testing.conformance.fixtures import FaultSwitch
from core.testing.conformance.organisation import OrganisationChecks
from core.testing.conformance.outages import OutageChecks
from core.testing.conformance.parties import PartyChecks
from core.testing.conformance.refusals import RefusalChecks
from core.testing.conformance.searching import SearchChecks

__all__ = ["FaultSwitch", "ProviderConformance"]


class ProviderConformance(
    OrganisationChecks,
    PartyChecks,
    DocumentChecks,
    DocumentMoreChecks,
    SearchChecks,
    DraftChecks,
    RefusalChecks,
    ChangeChecks,
    OutageChecks,
):
    """Everything a provider is held to; needs the fixtures `context`, `provider` and `known_party`.

    The checks write to the accounting system: give every test a fresh one, or one that may be written to.
    """
