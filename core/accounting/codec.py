"""Values of the contract as JSON and back: Decimals as text, dates in ISO, enums by value."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import msgspec

V = TypeVar("V")


def to_json(value: Any) -> dict[str, Any]:
    """A dataclass of the contract as a JSON object."""
    return cast("dict[str, Any]", msgspec.to_builtins(value))


def from_json(cls: type[V], data: Any) -> V:
    """The dataclass again. Raises `msgspec.ValidationError` where the data does not fit."""
    return msgspec.convert(data, cls)
