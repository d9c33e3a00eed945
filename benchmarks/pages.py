"""A contact's page and its linked tab against a bare Pyramid view, in process and over HTTP, in the same run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import func, select

from benchmarks.bare import make_bare
from benchmarks.meter import Timed, in_turn, statements
from benchmarks.polling import read
from benchmarks.report import Table, number
from benchmarks.served import HOST, Server, served
from benchmarks.visitor import Visitor, again, call
from benchmarks.world import World, busiest, make_application, world_in_process
from core.accounting.models import DocumentRow

COLUMNS = ("", "p50 ms", "p95 ms", "requests/s", "CPU ms", "time ×", "CPU ×")
BARE, PAGE, TAB, POLL = "bare Pyramid view", "contact's page", "its Xero tab", "its Xero tab, asked again"
CLIENTS = 4


@dataclass(frozen=True)
class Target:
    """A page to ask for: its name, the application, its address, and what the browser sends with it."""

    name: str
    app: Any
    path: str
    headers: dict[str, str]


def measure(folder: Path, *, times: int) -> list[Table]:
    """Both tables, for a contact that is linked to the busiest party of the demo company."""
    with world_in_process(folder) as (world, sandbox):
        connection_id = world.connect()
        party = busiest(sandbox, 1)[0]
        [path] = world.contacts_for([party], connection_id)
        world.load(connection_id)
        targets = _targets(world, path)
        with world.services.db.read() as session:
            mine = DocumentRow.party_id == party
            documents = session.scalar(select(func.count()).select_from(DocumentRow).where(mine)) or 0
        return [_in_process(world, targets, documents, times), _over_http(world, targets, times)]


def _targets(world: World, path: str) -> list[Target]:
    visitor = world.log_in("accounts")
    tab = f"{path}/tabs/xero"
    mark = quote(read(visitor.get(tab).body).mark)
    cookie = {"Cookie": visitor.cookie}
    poll = {**cookie, "HX-Request": "true"}
    return [
        Target(BARE, make_bare(), "/", {}),
        Target(PAGE, world.app, path, cookie),
        Target(TAB, world.app, tab, cookie),
        Target(POLL, world.app, f"{tab}?mark={mark}", poll),
    ]


def _in_process(world: World, targets: list[Target], documents: int, times: int) -> Table:
    table = Table("Pages, called in process (WSGI), one after the other", (*COLUMNS, "SQL", "bytes"))
    environs = [Visitor(one.app).environ(one.path, one.headers) for one in targets]
    works = [_work(one.app, environ) for one, environ in zip(targets, environs, strict=True)]
    timed = in_turn(works, times, warm_up=max(3, times // 10))
    for target, environ, one in zip(targets, environs, timed, strict=True):
        with statements(world.services.db.engine) as ran:
            answer = call(target.app, again(environ))
        table.add(target.name, *_cells(one, timed[0]), str(len(ran)), number(len(answer.body)))
    table.notes.append(f"{times} requests each, in turn; the tab shows a party with {documents} documents in all.")
    table.notes.append("SQL: statements of one request. Asked again: what the open tab does every minute (204).")
    return table


def _work(app: Any, environ: dict[str, Any]) -> Callable[[], object]:
    return lambda: call(app, again(environ))


def _cells(one: Timed, bare: Timed) -> list[str]:
    slower, dearer = one.wall_ms(0.5) / bare.wall_ms(0.5), one.cpu_ms / bare.cpu_ms
    figures = [number(one.wall_ms(share), 2) for share in (0.5, 0.95)]
    return [*figures, number(one.rate), number(one.cpu_ms, 2), number(slower, 1), number(dearer, 1)]


def _over_http(world: World, targets: list[Target], times: int) -> Table:
    table = Table("Pages, over HTTP (waitress, one process, loopback)", (*COLUMNS, f"requests/s, {CLIENTS} clients"))
    with served(make_bare) as bare, served(make_application, world.settings, world.clock.now()) as crm:
        first: Timed | None = None
        for target in targets:
            server = bare if target.name == BARE else crm
            one = _one_client(server, target, times)
            first = first or one
            table.add(target.name, *_cells(one, first), number(_rate(server, target, times)))
    table.notes.append(f"{times} requests of one client, then {times} of {CLIENTS} at once. CPU of the server alone.")
    return table


def _one_client(server: Server, target: Target, times: int) -> Timed:
    connection = HTTPConnection(HOST, server.port, timeout=30)
    for _ in range(max(3, times // 10)):
        _ask(connection, target)
    timed = Timed()
    before = server.cpu
    for _ in range(times):
        timed.run(lambda: _ask(connection, target))
    timed.cpu = server.cpu - before
    connection.close()
    return timed


def _ask(connection: HTTPConnection, target: Target) -> None:
    connection.request("GET", target.path, headers=target.headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status not in (200, 204):
        raise RuntimeError(f"{target.path}: {answer.status}")


def _rate(server: Server, target: Target, times: int) -> float:
    """Requests answered in a second when several clients ask at once."""

    def client() -> None:
        connection = HTTPConnection(HOST, server.port, timeout=30)
        for _ in range(times // CLIENTS):
            _ask(connection, target)
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times // CLIENTS * CLIENTS / (time.perf_counter() - started)
