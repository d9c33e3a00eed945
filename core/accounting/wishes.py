"""Permissions of a way to connect: which the admin wants, which a grant holds and what each is for, what it could have.

A form that shows the boxes says so by `ASKED`; where nothing was shown (one click), all that is optional is wanted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.accounting.models import Connection
from core.contract.provider import Authorizer, ProviderSpec
from core.contract.values import Permission

ASKED = "asked"
YES = "yes"


def optional(authorizer: Authorizer) -> list[Permission]:
    """The permissions that are asked for only where they are wanted."""
    return [one for one in authorizer.permissions() if one.optional and one.key]


def wanted(authorizer: Authorizer, posted: Mapping[str, str]) -> dict[str, str]:
    """The wishes of a form as `Authorizer.start` takes them: ``yes`` by key."""
    shown = ASKED in posted
    return {one.key: YES for one in optional(authorizer) if not shown or posted.get(one.key)}


def ticked(authorizer: Authorizer, scopes: Sequence[str], more: str = "") -> dict[str, str]:
    """The boxes ticked when the form opens: all at first; later what the grant holds or should hold, and `more`."""
    lacks = authorizer.lacks(scopes) if scopes else {}
    return {
        one.key: YES
        for one in optional(authorizer)
        if not scopes or one.scope in scopes or one.scope in lacks or one.key == more
    }


def refused(authorizer: Authorizer, wishes: Sequence[str], scopes: Sequence[str]) -> list[Permission]:
    """What was wanted and was not granted, where the provider said what it granted."""
    return [one for one in optional(authorizer) if scopes and one.key in wishes and one.scope not in scopes]


@dataclass(frozen=True)
class Held:
    """What a connection's grant allows: each scope, what it is for and the wider one it came with ("" for none), and
    what it could allow as well.

    `way` is the authorizer by which it was granted, also once it is disconnected; None where its plugin has it no more.
    """

    way: Authorizer | None
    scopes: Sequence[tuple[str, str, str]] = ()
    more: Sequence[Permission] = ()


def held(spec: ProviderSpec, connection: Connection) -> Held:
    """What a connection's grant allows. Makes no call."""
    by = connection.grant.authorizer if connection.grant else connection.authorizer
    way = next((one for one in spec.authorizers if one.key == by), None)
    scopes = connection.grant.scopes.split() if connection.grant else []
    if way is None or connection.grant is None:
        return Held(way, [(scope, "", "") for scope in scopes])
    why = {one.scope: one.why for one in way.permissions()}
    lacks = way.lacks(scopes)
    more = [one for one in optional(way) if scopes and one.scope not in scopes and one.scope not in lacks]
    inside = [one for one in way.permissions() if one.within in scopes and one.scope not in scopes]
    told = [(scope, why.get(scope, ""), "") for scope in scopes]
    return Held(way, [*told, *((one.scope, one.why, one.within) for one in inside)], more)
