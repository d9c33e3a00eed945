"""A provider context without a database: what a provider's own tests open it with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.contract.clock import Clock
from core.contract.provider import Budget
from core.contract.values import Organisation


class UnlimitedBudget:
    """A budget that never runs out; counts what was spent and keeps what was learnt."""

    def __init__(self) -> None:
        self.spent = 0
        self.learnt: list[Mapping[str, str]] = []

    def spend(self) -> None:
        """Count a call."""
        self.spent += 1

    def learn(self, headers: Mapping[str, str]) -> None:
        """Keep what an answer said."""
        self.learnt.append(headers)

    def release(self) -> None:
        """Nothing to give back."""


@dataclass
class StaticContext:
    """A `ProviderContext` whose token comes from a function (given the refused token, or None)."""

    organisation: Organisation
    clock: Clock
    settings: Mapping[str, str] = field(default_factory=dict)
    http: Any = None
    scopes: Sequence[str] = ()
    budget: Budget = field(default_factory=UnlimitedBudget)
    token_source: Callable[[str | None], str] = lambda rejected: "token"

    def token(self, rejected: str | None = None) -> str:
        """A token from `token_source`."""
        return self.token_source(rejected)
