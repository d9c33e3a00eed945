"""An access token that ran out, and many who need it at the same moment: one refreshes, the others wait for it."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.meter import LOG_IN, Wire
from benchmarks.report import Figures
from benchmarks.served import SPAWN
from benchmarks.world import World, world_over_http
from core import ManualClock
from core.accounting.context import ConnectionContext
from core.accounting.models import Connection
from core.app import make_app
from core.services import Services
from core.settings import read_settings

AT_ONCE = 8
EXPIRED = dt.timedelta(minutes=31)


def measure(folder: Path, sandbox_url: str, *, processes: bool) -> Figures:
    """The table: threads of one process, then processes."""
    table = Figures(f"A token that ran out, needed by {AT_ONCE} at once: refreshes sent")
    with world_over_http(folder, sandbox_url) as world:
        connection_id = world.connect()
        table.tell(f"{AT_ONCE} threads", _threads(world, connection_id), goal=1)
        if processes:
            table.tell(f"{AT_ONCE} processes", _processes(world, connection_id), goal=1)
    return table


def _threads(world: World, connection_id: int) -> int:
    world.clock.advance(EXPIRED)
    before = world.wire.tally.calls[LOG_IN]
    barrier, tokens = threading.Barrier(AT_ONCE), list[str]()
    work = _work(world.services, connection_id, barrier.wait, tokens.append)
    threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _same(tokens)
    return world.wire.tally.calls[LOG_IN] - before


def _processes(world: World, connection_id: int) -> int:
    world.clock.advance(EXPIRED)
    barrier, told = SPAWN.Barrier(AT_ONCE), SPAWN.SimpleQueue()
    arguments = (dict(world.settings), world.clock.now(), connection_id, barrier, told)
    processes = [SPAWN.Process(target=_in_a_process, args=arguments, daemon=True) for _ in range(AT_ONCE)]
    for process in processes:
        process.start()
    answers = [told.get() for _ in processes]
    for process in processes:
        process.join(30)
    _same([token for token, _ in answers])
    return sum(calls for _, calls in answers)


def _in_a_process(settings: Mapping[str, str], now: dt.datetime, connection_id: int, barrier: Any, told: Any) -> None:
    wire, tokens = Wire(), list[str]()
    with wire.client() as http:
        app = make_app(read_settings(dict(settings), {}), clock=ManualClock(now), http=http)
        try:
            _work(app.registry.services, connection_id, barrier.wait, tokens.append)()
        finally:
            told.put((tokens[0] if tokens else "", wire.tally.calls[LOG_IN]))


def _work(
    services: Services, connection_id: int, wait: Callable[[], object], keep: Callable[[str], None]
) -> Callable[[], None]:
    """Ask for a token when all the others do."""
    with services.db.read() as session:
        connection = session.get_one(Connection, connection_id)
        context = ConnectionContext(services, services.provider("xero"), connection)

    def work() -> None:
        wait()
        keep(context.token())

    return work


def _same(tokens: list[str]) -> None:
    if len(tokens) != AT_ONCE or len(set(tokens)) != 1 or not tokens[0]:
        raise RuntimeError(f"{AT_ONCE} asked, {len(tokens)} got a token, {len(set(tokens))} different ones")
