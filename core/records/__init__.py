"""Records: contacts, organizations, opportunities and projects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.contract.extensions import NavLink
from core.records.kinds import KINDS
from core.records.service import Companion, RecordNotFound


def includeme(config: Any) -> None:
    """The pages of records, their places in the navigation, `config.add_record_companion`."""
    config.registry.record_companions = []
    config.add_directive("add_record_companion", add_record_companion)
    config.add_fault(RecordNotFound, 404)
    config.add_navigation(navigation)
    config.include("core.records.views")


def add_record_companion(config: Any, companion: Companion) -> None:
    """Let a room that keeps something beside records say what hangs on one, and drop it when that is deleted."""
    config.registry.record_companions.append(companion)


def navigation(request: Any) -> Iterable[NavLink]:
    """The four lists."""
    return [NavLink(kind.plural, f"/{kind.key}", order=place) for place, kind in enumerate(KINDS.values(), start=1)]
