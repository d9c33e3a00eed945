"""Provider calls for openings of linked tabs spread over an hour, as browsers and a worker make them."""

from __future__ import annotations

import heapq
import html
import json
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from benchmarks.meter import CHANGES, FIRST_LOAD, LOG_IN, ORGANISATION, Tally
from benchmarks.report import Figures
from benchmarks.visitor import Visitor
from benchmarks.world import NOW, World, busiest, world_in_process
from plugins.xero.sandbox import Sandbox
from plugins.xero.sandbox.demo_data import bulk
from plugins.xero.sandbox.demo_data.writer import Writer

HOUR = 3600.0
CALLS_A_DAY = 1000
MB = 1_000_000
MOST_MB = 60  # an hour of openings, however large the histories
STAYS = 120.0  # seconds that a tab stays open
TAG = re.compile(rb'<div id="accounting-tab"[^>]*>')
VALUES = re.compile(r"hx-vals='([^']*)'")
EVERY = re.compile(r'hx-trigger="every (\d+)s"')


@dataclass(frozen=True)
class Drawn:
    """What a drawn tab tells the browser: its mark, and after how many seconds to ask again."""

    mark: str
    every: float


def read(body: bytes) -> Drawn:
    """What the tab's element says. Raises RuntimeError where there is none."""
    tag = TAG.search(body)
    text = tag[0].decode() if tag else ""
    values, every = VALUES.search(text), EVERY.search(text)
    if values is None or every is None:
        raise RuntimeError("The page shows no tab that asks again")
    return Drawn(json.loads(html.unescape(values[1]))["mark"], float(every[1]))


@dataclass(frozen=True, order=True)
class Opening:
    """A tab to open, or with a mark to ask again, so many seconds after the start."""

    at: float
    path: str
    mark: str = ""
    closes: float = 0.0


class Hour:
    """A time of openings: what browsers ask for, and the provider calls made while pages are drawn.

    `waiting` holds the tabs whose links are made at their first opening: address → party.
    """

    def __init__(self, world: World, visitor: Visitor, connection_id: int, waiting: dict[str, str]) -> None:
        self._world = world
        self._visitor = visitor
        self._connection_id = connection_id
        self._waiting = waiting
        self._start = world.wire.tally
        self.requests = 0
        self.polls = 0
        self.calls_while_drawing = 0

    @property
    def spent(self) -> Tally:
        """What went over the wire since it began."""
        return self._world.wire.tally - self._start

    def follow(self, openings: list[Opening], stays: float) -> None:
        """Open the tabs, each for a while in which it asks again as its page says; in the order of time."""
        began = self._world.clock.now()
        agenda = sorted(replace(one, closes=one.at + stays) for one in openings)
        while agenda:
            one = heapq.heappop(agenda)
            self._world.clock.advance(began + timedelta(seconds=one.at) - self._world.clock.now())
            drawn = self._ask(one) or Drawn(one.mark, 60.0)
            if one.at + drawn.every < one.closes:
                heapq.heappush(agenda, replace(one, at=one.at + drawn.every, mark=drawn.mark))

    def _ask(self, one: Opening) -> Drawn | None:
        """Ask for it; then the worker does what waits. None: nothing had changed."""
        party = self._waiting.pop(one.path, None)
        if party is not None:
            self._visitor.post(f"{one.path}/link", {"connection": str(self._connection_id), "party": party})
        before = self._world.wire.tally.api_calls
        if one.mark:
            answer = self._visitor.get(f"{one.path}?mark={quote(one.mark)}", {"HX-Request": "true"})
        else:
            answer = self._visitor.get(one.path)
        self.polls += bool(one.mark)
        self.requests += 1
        self.calls_while_drawing += self._world.wire.tally.api_calls - before
        self._world.services.jobs.drain()
        return read(answer.body) if answer.status == 200 else None


def measure(folder: Path, *, openings: int, tabs: int, hours: int, invoices: int) -> Figures:
    """The table: links that wait to be read first, then links made by hand during the hour, then a tab left open."""
    table = Figures(f"Provider calls: {openings} openings of {tabs} linked tabs in an hour, each open for two minutes")
    _story(table, folder / "waiting", "linked before, never read", openings, tabs, by_hand=False)
    _story(table, folder / "by_hand", "each linked by a person at its first opening", openings, tabs, by_hand=True)
    title = f"linked before, never read, {invoices:,} invoices each"
    _story(table, folder / "large", title, openings, tabs, by_hand=False, invoices=invoices)
    _left_open(table, folder / "left_open", hours)
    table.notes.append("The worker runs after every request; an open tab asks again as its page says, by htmx.")
    return table


def _story(
    table: Figures, folder: Path, title: str, openings: int, tabs: int, *, by_hand: bool, invoices: int = 0
) -> None:
    with world_in_process(folder) as (world, sandbox):
        parties = busiest(sandbox, tabs)
        if invoices:
            _write(sandbox, parties, invoices)
        connection_id = world.connect()
        connecting = world.wire.tally
        paths = [f"{path}/tabs/xero" for path in world.contacts_for(parties, connection_id, link=not by_hand)]
        waiting = dict(zip(paths, parties, strict=True)) if by_hand else {}
        hour = Hour(world, world.log_in("accounts"), connection_id, waiting)
        apart = HOUR / openings
        hour.follow([Opening(number * apart, paths[number % tabs]) for number in range(openings)], STAYS)
    spent = hour.spent
    table.add(f"{title}:", "", "", "")
    table.tell("  calls while a page or a tab was drawn", hour.calls_while_drawing, goal=0)
    table.tell("  calls in all, first load included", spent.api_calls, goal=100)
    for kind in (FIRST_LOAD, CHANGES, ORGANISATION):
        table.tell(f"    {kind}", spent.calls[kind])
    table.tell("  received, as sent (compressed)", spent.api_bytes / MB, "MB", goal=MOST_MB, digits=1)
    table.tell("  calls to the log-in server, for tokens", spent.calls[LOG_IN])
    table.tell("  requests by browsers, of these asked by open tabs", hour.requests)
    table.rows[-1] = (table.rows[-1][0], f"{hour.requests:,} / {hour.polls:,}", "", "")
    table.tell("  before the hour: connecting, the list of contacts, choices", connecting.api_calls)


def _write(sandbox: Sandbox, parties: list[str], invoices: int) -> None:
    """So many invoices more for each party, most of them paid."""
    with sandbox.work():
        writer = Writer(sandbox.books(), "NZ", NOW.date())
        for number, party in enumerate(parties):
            bulk.write(writer, NOW.date(), invoices, sandbox.record("Contacts", party)["Name"], f"B{number:02d}")


def _left_open(table: Figures, folder: Path, hours: int) -> None:
    with world_in_process(folder) as (world, sandbox):
        connection_id = world.connect()
        [path] = world.contacts_for(busiest(sandbox, 1), connection_id)
        day = Hour(world, world.log_in("accounts"), connection_id, {})
        day.follow([Opening(0.0, f"{path}/tabs/xero")], hours * HOUR)
    calls = day.spent.api_calls
    table.add("one tab left open, night and day:", "", "", "")
    table.tell(f"  calls in {hours} hours", calls, goal=CALLS_A_DAY)
