"""Many drafts under random faults and dying workers, on virtual time: each ends as one invoice, none twice or lost."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from core import ManualClock
from core.accounting import drafts, intents, sending
from core.accounting.draft_form import read
from core.accounting.models import Draft
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser, LogIn
from tests.core.accounting.drafting import LOOKS, WRITES, draft_form, fields_of, fill, link_harbour, open_form
from tests.story.conftest import Connect

FAULTS = ("drop-before", "drop-after", "429-minute", "429-concurrent", "503", "500", "malformed", "html")
COUNT = 40


class Killed(BaseException):
    """Stands for SIGKILL: nothing in the worker may catch it."""


def sweep(services: Services) -> None:
    """One turn of a worker; a worker that dies is followed by another."""
    while True:
        try:
            sending.sweep(services, drafts.DEED)
            services.jobs.drain()
        except Killed:
            continue
        return


def wait_until_all_is_well(services: Services, sandbox: Sandbox, clock: ManualClock) -> None:
    """Over an hour without faults; somebody presses *Try again* wherever that is offered."""
    sandbox.faults.clear()
    for _ in range(40):
        clock.advance(seconds=120)
        sandbox.reset_limits()
        sweep(services)
        with services.db.begin() as session:
            for row in session.query(Draft).filter_by(state="missing"):
                intents.try_again(session, row, clock.now())


def post_under_faults(
    sales: Browser, services: Services, sandbox: Sandbox, refit: str, fields: dict[str, str], dice: random.Random
) -> None:
    """Some faults, and the form sent once or twice."""
    sandbox.faults.clear()
    sandbox.reset_limits()
    for _ in range(dice.randrange(3)):
        sandbox.faults.add(dice.choice(FAULTS), times=dice.randrange(1, 3), **dice.choice([WRITES, LOOKS]))
    for _ in range(dice.randrange(1, 3)):
        sales.post(f"{refit}/tabs/xero/draft", fields, status=303)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_draft_becomes_one_invoice(
    connect: Connect,
    log_in: LogIn,
    services: Services,
    harbour: str,
    refit: str,
    sandbox: Sandbox,
    clock: ManualClock,
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connect()
    sales: Browser = log_in("sales")
    link_harbour(sales, services, harbour)
    dice, send = random.Random(seed), drafts.DEED.send

    def send_and_die(*given: Any) -> Any:
        point = dice.random()
        if point < 0.1:
            raise Killed
        made = send(*given)
        if point > 0.9:
            raise Killed
        return made

    monkeypatch.setattr(drafts.DEED, "send", send_and_die)
    fields = dict(fields_of(fill(draft_form(open_form(sales, refit))), "send"))
    assert read(fields).lines
    keys = [intents.new_key() for _ in range(COUNT)]
    for key in keys:
        post_under_faults(sales, services, sandbox, refit, {**fields, "key": key}, dice)
        clock.advance(seconds=dice.choice((5, 30, 90, 900)))
        sweep(services)
    wait_until_all_is_well(services, sandbox, clock)
    with services.db.read() as session:
        states = Counter(row.state for row in session.query(Draft))
    made = Counter(key for one in sandbox.records("Invoices") for key in keys if key in (one.get("Url") or ""))
    assert states == {"made": COUNT}
    assert made == dict.fromkeys(keys, 1)
