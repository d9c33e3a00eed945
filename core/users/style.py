"""The style in which a request writes and reads numbers, dates and times: that of the user who asks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from core import formats
from core.settings import Settings, StartError

log = logging.getLogger(__name__)
FIELD = "number_style"  # what `core.look.csrf_input` puts into forms, and the panel of filters into addresses
SETTING = "crm.time_zone"


def includeme(config: Any) -> None:
    """The tween, and `request.today`, the day it is for the user. Raises `StartError` for a zone that is not there."""
    config.registry.time_zone = _default_zone(config.registry.services.settings)
    config.add_tween("core.users.style.tween_factory")
    config.add_request_method(_today, "today", reify=True)


def _default_zone(settings: Settings) -> str:
    name = settings.all.get(SETTING, "").strip() or "UTC"
    found = zone_called(name)
    if not found:
        raise StartError(
            f"The setting {SETTING} is {name!r}. Write a time zone such as Pacific/Auckland or Europe/Berlin."
        )
    return found


def tween_factory(handler: Callable[[Any], Any], registry: Any) -> Callable[[Any], Any]:
    """The style holds from the request's begin to its end, the pages of faults included."""

    def tween(request: Any) -> Any:
        token = formats.begin_style(_Finder(request))
        try:
            return handler(request)
        finally:
            formats.end_style(token)

    return tween


class _Finder:
    """Finds the request's style when it is first needed, and keeps it."""

    def __init__(self, request: Any) -> None:
        self._request = request
        self._found: formats.Style | None = None

    def __call__(self) -> formats.Style:
        if self._found is None:
            try:
                self._found = _style_of(self._request)
            except Exception:  # on the page of a fault, where the database does not answer
                log.exception("the style of who is asking cannot be told")
                self._found = formats.DEFAULT
        return self._found


def _style_of(request: Any) -> formats.Style:
    """The user's style. Numbers in a form are read as the form was drawn, though the user chose another style since:
    it says so itself, and one that says nothing was drawn in the default style."""
    who = request.identity
    if who is None or not who.session_id:
        return formats.DEFAULT
    numbers = who.numbers if who.numbers in formats.NUMBERS else formats.DEFAULT.numbers
    if request.method == "POST":
        drawn = request.POST.get(FIELD)
        numbers = drawn if isinstance(drawn, str) and drawn in formats.NUMBERS else formats.DEFAULT.numbers
    dates = who.dates if who.dates in formats.DATE_STYLES else formats.DEFAULT.dates
    return formats.Style(numbers, dates, ZoneInfo(zone_called(who.time_zone) or request.registry.time_zone))


def _today(request: Any) -> date:
    return formats.today(request.clock.now())


@cache
def zones() -> tuple[str, ...]:
    """The names of time zones to choose from: places, and UTC."""
    return ("UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")))


@cache
def _by_lower() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones() if name not in ("localtime", "Factory")}


def zone_called(text: str) -> str:
    """The time zone of that name, however it is capitalised and with blanks for underscores; empty for none."""
    return _by_lower().get(text.strip().lower().replace(" ", "_"), "")
