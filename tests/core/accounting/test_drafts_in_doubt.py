"""A draft in doubt that is refused, mended and sent again: what the first send made after all is found first."""

from __future__ import annotations

import pytest

from core.accounting import intents
from core.accounting.models import Draft


@pytest.mark.parametrize(
    ("version", "doubt", "keys"),
    [
        (1, False, ["k"]),
        (3, False, ["k-3"]),
        (1, True, ["k"]),
        (3, True, ["k-3", "k-2", "k"]),
    ],
)
def test_in_doubt_every_key_it_went_out_under_is_looked_up(version: int, doubt: bool, keys: list[str]) -> None:
    assert intents.keys_sent(Draft(key="k", version=version, in_doubt=doubt)) == keys
