"""The API: records and what hangs on them for programs, as JSON, with personal tokens."""

from __future__ import annotations

from typing import Any

from core.api.operations import BASE
from core.api.problems import write_fault

DEEDS = {"token.made": "API token made", "token.revoked": "API token revoked"}


def includeme(config: Any) -> None:
    """Tokens and their page, the gate, the operations, and problems in the place of pages for faults."""
    config.add_deed_words(DEEDS)
    config.set_fault_writer(BASE, write_fault)
    config.include("core.api.problems")
    config.include("core.api.gate")
    config.include("core.api.everything")
    config.include("core.api.views.tokens")
