"""Makes the authorizers from the application's settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import httpx2

from core import Authorizer, Clock, MissingSetting, SystemClock
from plugins.xero.client import API_URL, TIMEOUT
from plugins.xero.identity import IDENTITY_URL, LOGIN_URL, Identity
from plugins.xero.oauth import CodeAuthorizer, CustomAuthorizer

_WHERE = "Make an app at https://developer.xero.com/app/manage and copy it from the app's page, Configuration."
_SECRET = f"{_WHERE} It may also stand in the environment as LEDGERTAB_XERO_CLIENT_SECRET."


def authorizers(settings: Mapping[str, Any]) -> tuple[Authorizer, ...]:
    """Both ways to connect. Raises `MissingSetting`.

    Two entries of `settings` are objects, handed in by the core: ``ledgertab.http``, a callable that gives the
    process' `httpx2.Client`, and ``ledgertab.clock``. Without them the plugin makes its own.
    """
    client_id = _required(settings, "xero.client_id", _WHERE)
    client_secret = _required(settings, "xero.client_secret", _SECRET)
    clock: Clock = settings.get("ledgertab.clock") or SystemClock()
    identity = Identity(
        http=settings.get("ledgertab.http") or _own_client(),
        clock=clock,
        identity_url=_address(settings, "xero.identity_url", IDENTITY_URL),
        login_url=_address(settings, "xero.login_url", LOGIN_URL),
        api_url=_address(settings, "xero.api_url", API_URL),
    )
    return (CodeAuthorizer(identity, client_id, client_secret), CustomAuthorizer(identity))


def _required(settings: Mapping[str, Any], name: str, hint: str) -> str:
    value = str(settings.get(name) or "").strip()
    if not value:
        raise MissingSetting(name, hint)
    return value


def _address(settings: Mapping[str, Any], name: str, default: str) -> str:
    return str(settings.get(name) or default).rstrip("/")


def _own_client() -> Callable[[], httpx2.Client]:
    """One client, made when it is first needed."""
    return cache(lambda: httpx2.Client(timeout=TIMEOUT))
