"""What the author of a provider fills in: the fixtures to override, and the switch that breaks the wire."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from core.contract.values import DocumentKind


class FaultSwitch:
    """Breaks the wire between a provider and its accounting system. Override what can be broken; the rest is skipped.

    Use your sandbox or a fake at the wire, never a fake of the provider.
    """

    def lose_the_answer(self) -> None:
        """Have the next write carried out and its answer lost."""
        pytest.skip("the fault switch cannot lose an answer")

    def lose_the_request(self) -> None:
        """Have the next write lost before it is carried out."""
        pytest.skip("the fault switch cannot lose a request")

    def go_away(self) -> None:
        """Have every call fail as when the system is down, until mended."""
        pytest.skip("the fault switch cannot take the system away")

    def throttle(self) -> None:
        """Have the next call answered with *too many calls*."""
        pytest.skip("the fault switch cannot throttle")

    def refuse_the_token(self) -> None:
        """Have the token that is in use refused from now on; a new one is good."""
        pytest.skip("the fault switch cannot refuse a token")

    def talk_nonsense(self) -> None:
        """Have the next answer to a read come malformed."""
        pytest.skip("the fault switch cannot talk nonsense")

    def mend(self) -> None:
        """Have everything work again."""


class ConformanceFixtures:
    """The fixtures with a default. Three more have none and must be given, in the class or in a `conftest.py`:

    - ``context``: the `ProviderContext` the provider is opened with, for instance `core.testing.StaticContext`; its
      clock should be a `ManualClock` shared with your sandbox;
    - ``provider``: your `AccountingProvider`, opened with it;
    - ``known_party``: the id of an active party with at least three documents.
    """

    @pytest.fixture
    def customer(self, known_party: str) -> str:
        """The id of a party that drafts can be made for; `known_party` unless overridden."""
        return known_party

    @pytest.fixture
    def archived_party(self) -> str | None:
        """The id of an archived party, or None: the checks that need one are skipped."""
        return None

    @pytest.fixture
    def documents_in_two_currencies(self) -> Sequence[tuple[DocumentKind, str]] | None:
        """Kind and id of two documents in two currencies, one of them the base currency; None skips the checks."""
        return None

    @pytest.fixture
    def unknown_id(self) -> str:
        """An id that looks like one of the system's and is nobody's."""
        return "00000000-0000-4000-8000-00000000dead"

    @pytest.fixture
    def broad_text(self) -> str:
        """A text that stands in the names of many parties, so that a search has several pages."""
        return "a"

    @pytest.fixture
    def faults(self) -> FaultSwitch | None:
        """A `FaultSwitch`, or None: the checks that need one are skipped. Mend it when the test is over."""
        return None
