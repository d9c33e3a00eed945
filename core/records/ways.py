"""Further e-mail addresses, telephone numbers and addresses of somebody, each with what it is for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

EMAIL_KINDS = ("Work", "Private", "Billing", "Other")
PHONE_KINDS = ("Work", "Mobile", "Private", "Fax", "Other")
ADDRESS_KINDS = ("Office", "Billing", "Delivery", "Private", "Other")


@dataclass(frozen=True, slots=True)
class Way:
    """An e-mail address or a telephone number, and what it is for."""

    kind: str
    value: str

    def __str__(self) -> str:
        return f"{self.value} ({self.kind.lower()})"


@dataclass(frozen=True, slots=True)
class Place:
    """An address, and what it is for; `country` is free text."""

    kind: str
    address: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""

    def __str__(self) -> str:
        return f"{', '.join(self.lines)} ({self.kind.lower()})"

    @property
    def lines(self) -> list[str]:
        """The address as it stands on an envelope: street, postal code and city, region, country."""
        town = " ".join(filter(None, (self.postal_code, self.city)))
        return [line for line in (*self.address.splitlines(), town, self.region, self.country) if line]


def read(cls: type[Any], kept: Sequence[Mapping[str, str]]) -> tuple[Any, ...]:
    """The values of what a record keeps, as `Way` or `Place`."""
    return tuple(cls(**{name: str(one.get(name, "")) for name in cls.__slots__}) for one in kept or ())


def plain(values: tuple[Any, ...]) -> list[dict[str, str]]:
    """What is kept of `Way` or `Place` values."""
    return [{name: getattr(value, name) for name in type(value).__slots__} for value in values]
