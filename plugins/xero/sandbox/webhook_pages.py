"""The sandbox's page on webhooks: where an app hears of changes, what was told and how it was answered."""

from __future__ import annotations

from typing import Any

from plugins.xero.sandbox.addresses import over_http
from plugins.xero.sandbox.pages import back_to, page
from plugins.xero.sandbox.state import STATE, State

PATH = "/sandbox/webhooks"
SHOWN = 50


def includeme(config: Any) -> None:
    """The page and its forms."""
    config.add_route("page_webhooks", PATH)
    config.add_view(show, route_name="page_webhooks", request_method="GET")
    config.add_view(register, route_name="page_webhooks", request_method="POST")


def show(request: Any) -> Any:
    """The subscription and the latest deliveries."""
    state: State = request.environ[STATE]
    hooks = state.webhooks
    values = {"subscription": hooks.subscription, "deliveries": hooks.deliveries[: -SHOWN - 1 : -1]}
    return page("webhooks.jinja2", request, **values)


def register(request: Any) -> Any:
    """Register an address, check it again, or tell nobody any more."""
    hooks = request.environ[STATE].webhooks
    deed, url = request.POST.get("deed", ""), request.POST.get("url", "").strip()
    if deed == "stop":
        hooks.unsubscribe()
        return back_to(PATH, "Nobody is told any more.")
    if deed == "check" and hooks.subscription is not None:
        hooks.subscribe(hooks.subscription.url, hooks.subscription.key)
        hooks.deliver()
        return back_to(PATH, f"Intent to receive: {hooks.subscription.state}.")
    if not over_http(url):
        return back_to(PATH, "This address cannot be read. One begins with http:// or https://.")
    hooks.subscribe(url, request.POST.get("key", "").strip())
    return back_to(PATH, "Registered. Intent to receive is checked in a moment.")
