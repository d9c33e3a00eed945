"""The audit trail: who did what, with old and new values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from core.audit.models import AuditEntry
from core.audit.service import record_deed

DEEDS = {
    "record.created": "Created",
    "record.changed": "Changed",
    "record.deleted": "Deleted",
    "record.restored": "Restored",
    "record.purged": "Deleted for good",
}


def includeme(config: Any) -> None:
    """`config.add_deed_words`: what people read for a deed; `config.add_deed_rights`: who may read its values.

    `config.set_deed_judge`: how it is found out that a user has these rights.
    """
    config.registry.deed_words = dict(DEEDS)
    config.registry.deed_rights = {}
    config.registry.deed_judge = _has_all
    config.add_directive("add_deed_words", add_deed_words)
    config.add_directive("add_deed_rights", add_deed_rights)
    config.add_directive("set_deed_judge", set_deed_judge)


def add_deed_words(config: Any, words: Mapping[str, str]) -> None:
    """Let a room say how its deeds are called on pages: ``{"party.linked": "Linked"}``."""
    config.registry.deed_words.update(words)


def add_deed_rights(config: Any, rights: Mapping[str, Sequence[str]]) -> None:
    """Let a room say which rights it takes to read the values of its deeds: ``{"bill.linked": ["money.see"]}``."""
    config.registry.deed_rights.update(rights)


Judge = Callable[[Any, Iterable[str], dict[str, Any]], bool]


def set_deed_judge(config: Any, judge: Judge) -> None:
    """Let a room decide with the values of a deed: `judge(request, rights, values)` says whether the user may read."""
    config.registry.deed_judge = judge


def write_down(request: Any, deed: str, **values: Any) -> None:
    """Write down what the user does in this request; `values` as `core.audit.service.record_deed` takes them."""
    record_deed(request.dbsession, when=request.clock.now(), user_id=request.identity.id, deed=deed, **values)


def may_read(request: Any, entry: AuditEntry) -> bool:
    """Whether the user may read the values of an entry."""
    registry = request.registry
    judged: bool = registry.deed_judge(request, registry.deed_rights.get(entry.deed, ()), {**entry.old, **entry.new})
    return judged


def never_read(request: Any) -> frozenset[str]:
    """The deeds whose values the user may read nowhere, for want of a right; of the others `may_read` judges each."""
    rights: Mapping[str, Sequence[str]] = request.registry.deed_rights
    return frozenset(deed for deed, needed in rights.items() if not _has_all(request, needed, {}))


def _has_all(request: Any, rights: Iterable[str], values: dict[str, Any]) -> bool:
    return all(request.has_permission(right) for right in rights)
