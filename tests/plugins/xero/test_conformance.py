"""The Xero provider, over the sandbox, does what every provider must do."""

from __future__ import annotations

import pytest

from core import DocumentKind
from core.testing.conformance import FaultSwitch, ProviderConformance
from plugins.xero.provider import XeroProvider
from plugins.xero.sandbox import Sandbox


class SandboxFaults(FaultSwitch):
    """The sandbox's own faults; its wire drops, refuses, throttles and stammers as Xero's does."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._faults = sandbox.faults

    def lose_the_answer(self) -> None:
        self._faults.add("drop-after", times=1, method="PUT")

    def lose_the_request(self) -> None:
        self._faults.add("drop-before", times=1, method="PUT")

    def go_away(self) -> None:
        self._faults.add("503")

    def throttle(self) -> None:
        self._faults.add("429-minute", times=1)

    def refuse_the_token(self) -> None:
        self._faults.add("401", times=1)

    def talk_nonsense(self) -> None:
        self._faults.add("html", times=1)

    def mend(self) -> None:
        self._faults.clear()


class TestXero(ProviderConformance):
    @pytest.fixture
    def unhurried(self, sandbox: Sandbox) -> None:
        """The suite asks more in a minute than Xero allows; limits have tests of their own."""
        sandbox.limits.minute = sandbox.limits.day = 100_000

    @pytest.fixture
    def known_party(self, sandbox: Sandbox, unhurried: None) -> str:
        return sandbox.contact_id("Harbour Coffee Roasters Ltd")

    @pytest.fixture
    def archived_party(self, sandbox: Sandbox) -> str:
        return sandbox.contact_id("Old Mill Bakery Ltd")

    @pytest.fixture
    def documents_in_two_currencies(self, provider: XeroProvider, sandbox: Sandbox) -> list[tuple[DocumentKind, str]]:
        names = ("Harbour Coffee Roasters Ltd", "Albion Bicycle Works Ltd")
        found = [provider.documents_of([sandbox.contact_id(name)]).items[0] for name in names]
        return [(document.kind, document.ref.id) for document in found]

    @pytest.fixture
    def faults(self, sandbox: Sandbox) -> FaultSwitch:
        return SandboxFaults(sandbox)
