"""The stub's wire is its disk: a store that fails on demand, before or after it has kept something."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.testing.conformance import FaultSwitch
from plugins.quickbooks_stub.ledger import Store


class FailingDisk(FaultSwitch):
    """A `Store` before another one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._fault = ""

    def read(self) -> dict[str, Any]:
        if self._fault == "away" or self._once("nonsense"):
            raise OSError("Input/output error")
        return self._store.read()

    @contextmanager
    def change(self) -> Iterator[dict[str, Any]]:
        if self._once("lose the request"):
            raise OSError("No space left on device")
        with self._store.change() as given:
            yield given
        if self._once("lose the answer"):
            raise OSError("Input/output error")

    def lose_the_answer(self) -> None:
        self._fault = "lose the answer"

    def lose_the_request(self) -> None:
        self._fault = "lose the request"

    def go_away(self) -> None:
        self._fault = "away"

    def talk_nonsense(self) -> None:
        self._fault = "nonsense"  # a file that cannot be understood is told as one that cannot be read

    def mend(self) -> None:
        self._fault = ""

    def _once(self, fault: str) -> bool:
        """True the first time this fault is met."""
        met = self._fault == fault
        if met:
            self._fault = ""
        return met
