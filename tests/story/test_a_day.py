"""A working day of a hundred people on one organisation with Xero's smallest allowance, on virtual time.

Accounts change the books all day and at night; at nine everybody comes at once.
"""

from __future__ import annotations

import heapq
import html
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from core import ManualClock
from core.accounting.linking import link_party
from core.accounting.models import Connection, Failure, PartyLink, PartyRow
from core.jobs.periodic import tick
from core.records.models import Contact
from core.services import Services
from core.users.models import Role, User
from core.users.seed import DEMO_PASSWORD
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser
from tests.core.accounting.drafting import draft_form, fill, open_form, send
from tests.story.accounts import Accounts
from tests.story.conftest import Connect
from tests.story.raw import differences, read_raw

USERS, PARTIES, HOURS = 100, 36, 9
VISITS = 230  # each two to five minutes long, the most of them in the forenoon and after lunch
BURST, BURST_AT = 45, 1.0  # so many come within five minutes, an hour after the first
APART = 240.0  # seconds between two deeds of accounts
NIGHT, DEEDS_AT_NIGHT = timedelta(hours=14), 25
CALLS_A_DAY = 1000
OLDEST = timedelta(minutes=15)
FOLLOWS = 10.0  # seconds in which a tab that was just opened has fetched what is new
VALUES, EVERY = re.compile(r"hx-vals='([^']*)'"), re.compile(r'hx-trigger="every (\d+)s"')
AS_OF = re.compile(r"\d+:([-\d]+ [.:\d]+\+00:00):")  # how old what a tab shows is, by its mark
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # how long a log-in takes is not the question
DEEDS = ("refresh", "search", "draft", "")
WEIGHTS = (40, 40, 25, 95)


@dataclass(order=True, frozen=True)
class Look:
    """What comes next, so many seconds after the start: a tab that is opened, or asks again while somebody looks."""

    at: float
    number: int
    path: str
    opened: float
    closes: float
    deed: str = ""
    mark: str = ""


@dataclass
class Day:
    """A hundred browsers before one application, and what they met."""

    services: Services
    clock: ManualClock
    app: Any
    accounts: Accounts
    browsers: dict[int, Browser] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    oldest: timedelta = timedelta(0)
    oldest_advances: timedelta = timedelta(0)

    def live(self, agenda: list[Look]) -> None:
        """Everything in the order of time; the worker does what waits after each."""
        began = ticked = worked = self.clock.now()
        heapq.heapify(agenda)
        while agenda:
            look = heapq.heappop(agenda)
            self.clock.advance(began + timedelta(seconds=look.at) - self.clock.now())
            if self.clock.now() - ticked > timedelta(minutes=10):
                ticked = self.clock.now()
                tick(self.services)
            while self.clock.now() - worked > timedelta(seconds=APART):
                worked += timedelta(seconds=APART)
                self.accounts.work()
            mark, every = self.ask(look)
            if look.at + every < look.closes:
                heapq.heappush(agenda, replace(look, at=look.at + every, mark=mark, deed=""))

    def ask(self, look: Look) -> tuple[str, float]:
        """Draw the tab, or ask whether something is new; what it shows and after how many seconds it asks again."""
        browser = self.browser(look.number)
        if look.deed:
            getattr(self, look.deed)(browser, look.path)
            self.done[look.deed] += 1
        tab = f"{look.path}/tabs/xero"
        query, headers = (f"?mark={quote(look.mark)}", {"HX-Request": "true"}) if look.mark else ("", {})
        page = browser.get(f"{tab}{query}", headers=headers)
        self.services.jobs.drain()
        mark, every = (look.mark, 60.0) if page.status_int == 204 else said(page.text)
        if look.at - look.opened > FOLLOWS:
            as_of = AS_OF.match(mark)
            assert as_of is not None
            self.oldest = max(self.oldest, self.clock.now() - datetime.fromisoformat(as_of[1]))
            with self.services.db.read() as session:
                advances_at = session.get_one(Connection, 1).advances_at
            assert advances_at is not None
            self.oldest_advances = max(self.oldest_advances, self.clock.now() - advances_at)
        self.done["asked" if look.mark else "opened"] += 1
        return mark, every

    def sleep(self) -> None:
        """Nobody looks; accounts work late, and the worker ticks."""
        for _ in range(DEEDS_AT_NIGHT):
            self.clock.advance(NIGHT / DEEDS_AT_NIGHT)
            self.accounts.work()
            tick(self.services)
            self.services.jobs.drain()

    def browser(self, number: int) -> Browser:
        """The browser of a person, who logs in when they come."""
        if number not in self.browsers:
            self.browsers[number] = Browser(self.app)
            self.browsers[number].send("/login", {"login": f"u{number}", "password": DEMO_PASSWORD}, status=303)
        return self.browsers[number]

    def refresh(self, browser: Browser, path: str) -> None:
        browser.send(f"{path}/tabs/xero/refresh", status=303)
        self.services.jobs.drain()

    def search(self, browser: Browser, path: str) -> None:
        page = browser.get(f"{path}/tabs/xero/search", {"q": "Harbour"})
        assert "Harbour Coffee Roasters Ltd" in page.text
        assert "banner error" not in page.text

    def draft(self, browser: Browser, path: str) -> None:
        page = open_form(browser, path)
        fill(draft_form(page))
        sent = send(page)
        assert sent.status_int == 303, sent.html.select_one("aside").get_text(" ", strip=True)
        self.services.jobs.drain()


def said(text: str) -> tuple[str, float]:
    """The mark of a drawn tab, and its patience in seconds."""
    values, every = VALUES.search(text), EVERY.search(text)
    assert values is not None
    assert every is not None
    return json.loads(html.unescape(values[1]))["mark"], float(every[1])


def visits(paths: list[str]) -> Iterator[Look]:
    """Who opens which tab when, and what they do there; the same every time."""
    chance = random.Random(9)
    for visit in range(VISITS):
        middle = chance.choice((2.0, 6.5))
        at = min(max(0.0, chance.gauss(middle, 1.5)), HOURS - 0.2) * 3600
        [deed] = chance.choices(DEEDS, WEIGHTS)
        closes = at + chance.uniform(120, 300)
        yield Look(at, visit % USERS, chance.choice(paths), at, closes, deed)
    for visit in range(BURST):
        at = BURST_AT * 3600 + chance.uniform(0, 300)
        yield Look(at, visit % USERS, chance.choice(paths), at, at + 200, chance.choice(("refresh", "")))


def people(services: Services, clock: ManualClock, sandbox: Sandbox) -> list[str]:
    """A hundred users, and a contact for each of the busiest parties, linked; their addresses."""
    now, paths = clock.now(), []
    with_documents = Counter(
        row["Contact"]["ContactID"] for row in sandbox.records("Invoices") if row["Type"] == "ACCREC"
    )
    with services.db.begin() as session:
        role, word = session.scalars(select(Role).where(Role.key == "sales")).one(), CHEAP.hash(DEMO_PASSWORD)
        for number in range(USERS):
            known = {"login": f"u{number}", "name": f"Person {number}", "email": f"u{number}@kereru.example"}
            session.add(User(**known, password_hash=word, role=role, created_at=now))
        connection = session.scalars(select(Connection)).one()
        rows = session.scalars(
            select(PartyRow).where(PartyRow.party_id.in_(with_documents), PartyRow.state == "active")
        ).all()
        for row in rows[:PARTIES]:
            contact = Contact(first_name="Contact of", last_name=row.name, created_at=now, changed_at=now)
            session.add(contact)
            session.flush()
            link_party(session, contact, connection, row.party_id, user_id=1, now=now)
            paths.append(contact.path)
    return paths


@pytest.mark.slow
def test_a_hundred_people_work_a_day_on_a_thousand_calls_and_nobody_is_refused(
    connect: Connect, services: Services, clock: ManualClock, app: Any, sandbox: Sandbox, http: httpx2.Client
) -> None:
    sandbox.limits.day = CALLS_A_DAY
    connect()
    paths, before = people(services, clock, sandbox), len(sandbox.records("Invoices"))
    with services.db.read() as session:
        linked = sorted(set(session.scalars(select(PartyLink.party_id))))
    accounts = Accounts(sandbox, clock, random.Random(10), linked, calm=True)
    day = Day(services, clock, app, accounts)
    day.live(list(visits(paths)))
    spent = sandbox.calls.count("/api.xro")
    assert len(sandbox.records("Invoices")) - before == day.done["draft"] + accounts.done["write"]
    day.sleep()
    day.live([Look(at * 7.0, at, paths[at % len(paths)], at * 7.0, at * 7.0 + 200) for at in range(BURST)])
    with services.db.read() as session:
        assert session.scalars(select(Failure)).all() == []
    assert [call.path for call in sandbox.calls.all() if call.status == 429] == []
    assert min(day.done[deed] for deed in DEEDS if deed) >= 20
    assert len(day.browsers) == USERS
    assert sum(accounts.done.values()) > 100
    assert day.oldest <= OLDEST
    assert day.oldest_advances <= OLDEST
    assert 600 < spent < CALLS_A_DAY, "a day that costs less proves little"
    clock.advance(OLDEST)
    services.jobs.enqueue("accounting.refresh", connection_id=1)
    services.jobs.drain()
    sandbox.limits.day = 10 * CALLS_A_DAY
    sandbox.reset_limits()
    assert differences(services, read_raw(http), linked) == []
