"""The one thing a plugin says about settings: that one is missing."""

from __future__ import annotations

from collections.abc import Mapping


class MissingSetting(Exception):
    """A setting that must be there is not; stops the start with a sentence that names it."""

    def __init__(self, name: str, hint: str = "") -> None:
        self.name = name
        self.hint = hint
        super().__init__(f"The setting {name} is missing. {hint}".strip())


def required(settings: Mapping[str, str], name: str, hint: str = "") -> str:
    """The setting, or `MissingSetting` when it is absent or empty."""
    value = settings.get(name, "").strip()
    if not value:
        raise MissingSetting(name, hint)
    return value
