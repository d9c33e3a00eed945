"""Who asks, where other servers stand in front: the address they saw, instead of theirs.

Log-ins and links are throttled by address; behind a server that hides them, one stranger would lock everybody out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any

from pyramid.tweens import INGRESS

from core.services import Services
from core.settings import StartError

SETTING, MOST = "crm.proxies", 9


def includeme(config: Any) -> None:
    """The tween, where `crm.proxies` counts any."""
    services: Services = config.registry.services
    config.registry.proxies = proxies_in(services.settings.all)
    if config.registry.proxies:
        config.add_tween("core.proxies.tween_factory", under=INGRESS)


def proxies_in(settings: Mapping[str, str]) -> int:
    """How many servers stand in front, each of which adds to X-Forwarded-For. Raises `StartError`."""
    text = settings.get(SETTING, "0").strip()
    if not text.isascii() or not text.isdigit() or int(text) > MOST:
        raise StartError(f"The setting {SETTING} is {text!r}. It counts the servers in front: 0, 1, 2 …")
    return int(text)


def tween_factory(handler: Callable[[Any], Any], registry: Any) -> Callable[[Any], Any]:
    """Puts the address into each request. What a caller wrote into the header himself stands further left."""

    def tween(request: Any) -> Any:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
        if len(hops) >= registry.proxies and (address := _address(hops[-registry.proxies])):
            request.environ["REMOTE_ADDR"] = address
        return handler(request)

    return tween


def _address(hop: str) -> str:
    """The address in a hop, which may have a port behind it; "" where there is none."""
    host = hop[1:].partition("]")[0] if hop.startswith("[") else hop
    host = host.partition(":")[0] if host.count(":") == 1 else host
    try:
        return str(ip_address(host))
    except ValueError:
        return ""
