"""A storm over drafts: ``make faults``. Prints how many became an invoice, twice, never, or are not known.

A thousand drafts are posted at the pages, some twice; four worker processes carry them out against a sandbox over HTTP
and are killed at any moment; answers are dropped, refused, cut; limits and tokens run out on one virtual clock that all
processes share. All the while somebody presses *Try again* wherever it is offered and sends again what came back; then
the weather clears, and the books are read.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.databases import POSTGRES, postgres_database
from benchmarks.meter import Wire
from benchmarks.report import Figures
from benchmarks.served import served
from benchmarks.shared_clock import SharedClock
from benchmarks.storm import WORKERS, Weather, Workers, make_sandbox_app, marks_in_books
from benchmarks.visitor import Visitor
from benchmarks.world import NOW, World, open_world
from core.accounting.intents import new_key
from core.accounting.models import Draft, PartyRow

BEAT = 0.1  # seconds of real time
PACE = timedelta(seconds=2)  # of virtual time for each beat
A_DAY = 1000  # calls, as on the free tier
AT_ONCE = 8  # drafts posted in a beat
PATIENCE = 7200.0  # seconds of real time; a quiet machine needs a tenth
CUSTOMER = "Harbour Coffee Roasters Ltd"
WAITING, MADE = ("queued", "sending", "unknown"), "made"


@dataclass
class Storm:
    """One run: who posts, who works, what the weather is, and what was seen of it."""

    world: World
    clock: SharedClock
    workers: Workers
    weather: Weather
    dice: random.Random
    sales: Visitor
    form: tuple[str, dict[str, str]]
    keys: list[str] = field(default_factory=list)
    twice: int = 0
    ever_unknown: set[str] = field(default_factory=set)
    pressed: int = 0
    sent_again: int = 0

    def run(self, count: int) -> None:
        """Post the drafts in bad weather, then wait in good weather until nothing moves any more."""
        end = time.monotonic() + PATIENCE
        while len(self.keys) < count or self._states()[MADE] < count // 2:
            self._beat(count)
            self.weather.change(self.dice)
            if self.dice.random() < 0.08:
                self.workers.kill_one(self.dice)
            if time.monotonic() > end:
                break
        self.weather.clear_up()
        while self._states()[MADE] < count and time.monotonic() < end:
            self._beat(count)

    def _beat(self, count: int) -> None:
        for _ in range(min(AT_ONCE, count - len(self.keys))):
            self._post()
        self.clock.advance(self._step())
        self._press_try_again()
        time.sleep(BEAT)

    def _post(self) -> None:
        """A draft under a key of its own; a third of them by a double click."""
        path, fields = self.form
        key = new_key()
        self.keys.append(key)
        self.sales.post(path, {**fields, "key": key, "action": "send"})
        if self.dice.random() < 0.33:
            self.sales.post(path, {**fields, "key": key, "action": "send"})
            self.twice += 1

    def _step(self) -> timedelta:
        """A beat's pace; where everybody waits for a later hour, that hour."""
        until = self._everybody_waits_until()
        return max(PACE, until - self.clock.now()) if until else PACE

    def _everybody_waits_until(self) -> datetime | None:
        with self.world.services.db.read() as session:
            rows = session.execute(select(Draft.state, Draft.next_try_at).where(Draft.state.in_(WAITING))).all()
        now = self.clock.now()
        if any(state == "sending" or at is None or at <= now for state, at in rows):
            return None
        return min((at for _, at in rows if at is not None), default=None)

    def _press_try_again(self) -> None:
        with self.world.services.db.read() as session:
            stuck = select(Draft.key, Draft.state).where(Draft.state.in_(("unknown", "missing", "open")))
            rows = session.execute(stuck).all()
        self.ever_unknown |= {key for key, state in rows if state != "open"}
        for key, state in rows:
            if state == "missing":
                self.sales.post(f"/accounting/drafts/{key}/retry")
                self.pressed += 1
            elif state == "open":
                left = _fields(self.sales, f"/accounting/drafts/{key}/edit")
                self.sales.post(self.form[0], {**left, "action": "send"})
                self.sent_again += 1

    def _states(self) -> Counter[str]:
        with self.world.services.db.read() as session:
            found = session.execute(select(Draft.state, func.count()).group_by(Draft.state)).all()
        return Counter({str(state): int(number) for state, number in found})

    def table(self, began: float) -> Figures:
        """What became of them."""
        books, states = marks_in_books(self.weather.url, set(self.keys), self.clock), self._states()
        faults = ", ".join(f"{kind} {count}" for kind, count in sorted(self.weather.told.items()))
        days = (self.clock.now() - NOW) / timedelta(days=1)
        table = Figures(f"{len(self.keys):,} drafts, {WORKERS} workers, bad weather")
        table.tell("drafts posted", len(self.keys))
        table.tell("of these posted twice", self.twice)
        table.tell("workers killed", self.workers.kills)
        table.tell("faults switched on", self.weather.told.total())
        table.tell("drafts that were not known for a while", len(self.ever_unknown))
        table.tell("times somebody pressed Try again", self.pressed)
        table.tell("times a draft came back to its author, who sent it again", self.sent_again)
        table.tell("made", sum(1 for key in self.keys if books[key]))
        table.tell("duplicated", sum(count - 1 for count in books.values()), goal=0)
        under_way = sum(states[state] for state in WAITING)
        absent = sum(1 for key in self.keys if not books[key])
        table.tell("lost", max(0, absent - under_way), goal=0)
        table.tell("still unknown", sum(states.values()) - states[MADE] - under_way, goal=0)
        table.tell("still on their way when patience ended", under_way, goal=0)
        table.notes.append(f"Faults: {faults}.")
        table.notes.append(f"{days:.1f} days of virtual time in {time.monotonic() - began:.0f} s.")
        return table


class _Fields(HTMLParser):
    """What a browser would post of the form with the id ``draft-form``."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._inside = False
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Inputs, chosen options, text areas."""
        given = {name: value or "" for name, value in attrs}
        self._inside = given.get("id") == "draft-form" if tag == "form" else self._inside
        name = given.get("name", "")
        if not self._inside and given.get("form") != "draft-form":
            return
        ticked = given.get("type") not in ("checkbox", "radio", "submit") or "checked" in given
        if tag == "input" and name and ticked:
            self.fields[name] = given.get("value", "")
        elif tag == "select":
            self._select = name
            self.fields.setdefault(name, "")
        elif tag == "option" and self._select and "selected" in given:
            self.fields[self._select] = given.get("value", "")
        elif tag == "textarea":
            self._area = name
            self.fields[name] = ""

    def handle_endtag(self, tag: str) -> None:
        """The end of the form, of a choice, of a text area."""
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        """What stands in a text area."""
        if self._area:
            self.fields[self._area] += data


def _form(sales: Visitor, contact: str) -> tuple[str, dict[str, str]]:
    """The address of a draft's form and its fields, one line filled in."""
    path = f"{contact}/tabs/xero/draft"
    line = {"lines-0-description": "Extraction hood", "lines-0-unit_price": "6,400.00", "lines-0-account": "200"}
    return path, {**_fields(sales, f"{path}?key={new_key()}"), **line}


def _fields(sales: Visitor, path: str) -> dict[str, str]:
    """What the form of a draft holds when it is opened: a new one, or one as it was left."""
    page = _Fields()
    page.feed(sales.get(path).body.decode())
    return page.fields


def measure(folder: Path, count: int, seed: int, database_url: str = "") -> Figures:
    """Run the storm and tell its table."""
    began = time.monotonic()
    clock_file = str(folder / "clock")
    clock, wire = SharedClock(clock_file, NOW), Wire()
    with (
        served(make_sandbox_app, clock_file, A_DAY) as sandbox,
        wire.client() as http,
        open_world(
            folder, wire, http, clock, sandbox_url=sandbox.url, database_url=database_url, queue="sqlite"
        ) as world,
    ):
        storm = _begin(world, clock, sandbox.url, clock_file, seed)
        with _working(storm.workers):
            storm.run(count)
        return storm.table(began)


def _begin(world: World, clock: SharedClock, url: str, clock_file: str, seed: int) -> Storm:
    connection = world.connect()
    contact = world.contacts_for([_a_customer(world)], connection)[0]
    world.load(connection)
    sales = world.log_in("sales")
    workers = Workers(world.settings, clock_file)
    form = _form(sales, contact)
    return Storm(world, clock, workers, Weather(url), random.Random(seed), sales, form)


def _a_customer(world: World) -> str:
    """Somebody of the demo company who may be billed."""
    with world.services.db.read() as session:
        named = select(PartyRow.party_id).where(PartyRow.name == CUSTOMER, PartyRow.state == "active")
        return session.scalars(named).one()


@contextmanager
def _working(workers: Workers) -> Iterator[None]:
    workers.start()
    try:
        yield
    finally:
        workers.stop()


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="benchmarks.faults", description="A storm over drafts.")
    parser.add_argument("--drafts", type=int, default=1000, help="how many")
    parser.add_argument("--seed", type=int, default=1, help="the weather")
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    scratch = postgres_database() if os.environ.get(POSTGRES) else nullcontext("")
    with tempfile.TemporaryDirectory(prefix="ledgertab-faults-") as folder, scratch as url:
        measure(Path(folder), options.drafts, options.seed, url).show()


if __name__ == "__main__":
    main()
