"""A party with very many invoices: its first load, and amid five times as many of others its figures and its tab."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import and_, func, select

from benchmarks.crowd import crowd
from benchmarks.databases import postgres_database, settle
from benchmarks.meter import CHANGES, FIRST_LOAD, Tally, Timed, statements
from benchmarks.report import Figures
from benchmarks.served import SPAWN
from benchmarks.visitor import Visitor, again, call
from benchmarks.world import World, world_over_http
from core.accounting import connections
from core.accounting.models import Connection, DocumentRow
from core.accounting.overview import figures
from plugins.xero.sandbox.demo_data.bulk import BULK_ID

KIB = 1024
OTHERS = 5


@dataclass
class Found:
    """What was measured on one database."""

    documents: int
    others: int
    connecting: Tally
    load: Tally
    load_time: Timed
    feed: Tally
    before_mib: float
    peak_mib: float
    overview: Timed
    tab: Timed
    statements: dict[str, int]


def measure(folder: Path, sandbox_url: str, *, invoices: int, times: int, postgres: bool) -> Figures:
    """The table for one database. The application runs in a process of its own, so that its memory is its own."""
    name = "PostgreSQL" if postgres else "SQLite"
    table = Figures(f"A party with {invoices:,} invoices, read for the first time, on {name}")
    with (
        postgres_database() if postgres else nullcontext("") as database_url,
        # One process for one task: the peak of its memory is that of this load.
        ProcessPoolExecutor(max_workers=1, mp_context=SPAWN) as pool,
    ):
        found = pool.submit(_measured, folder, sandbox_url, database_url, times).result()
    if found.documents < invoices:
        raise RuntimeError(f"Only {found.documents} of {invoices} invoices arrived")
    _tell(table, found)
    return table


def _tell(table: Figures, found: Found) -> None:
    table.tell("provider calls for this party", found.load.calls[FIRST_LOAD], goal=12)
    table.tell("  other calls meanwhile", found.load.api_calls - found.load.calls[FIRST_LOAD])
    table.tell("  received, as sent (compressed)", found.load.api_bytes / KIB, "KiB")
    table.tell("time from the job's start to its end", found.load_time.walls[0], "s", digits=1)
    table.tell("CPU of the worker for it", found.load_time.cpu, "s", digits=1)
    table.tell("memory of the process at its peak", found.peak_mib, "MiB")
    table.tell("  of this, taken by the load", found.peak_mib - found.before_mib, "MiB")
    table.tell("documents of other parties beside them", found.others)
    table.tell("the overview's figures, p50", found.overview.wall_ms(0.5), "ms", goal=20, digits=1)
    table.tell("  CPU of it", found.overview.cpu_ms, "ms", digits=1)
    table.tell("the overview's figures, p95", found.overview.wall_ms(0.95), "ms", digits=1)
    table.tell("its whole tab, p50", found.tab.wall_ms(0.5), "ms", digits=1)
    table.tell("  CPU of it", found.tab.cpu_ms, "ms", digits=1)
    for page, number in found.statements.items():
        table.tell(f"SQL statements of {page}", number)
    table.tell("of the connection, once: calls of connecting", found.connecting.api_calls)
    table.tell("of the connection, every five minutes: calls for changes", found.feed.calls[CHANGES])


def _measured(folder: Path, sandbox_url: str, database_url: str, times: int) -> Found:
    with world_over_http(folder, sandbox_url, database_url) as world:
        connection_id = world.connect()
        connecting = world.wire.tally
        [path] = world.contacts_for([BULK_ID], connection_id)
        _forget_peak()
        before, load_time = _peak_mib(), Timed()
        load_time.run(lambda: world.load(connection_id))
        loaded, peak = world.wire.tally, _peak_mib()
        with world.services.db.begin() as session:
            others = crowd(session, BULK_ID, OTHERS)
        settle(world.services.db.engine)
        overview, tab = _overview(world, connection_id, times), _tab(world, path, times)
        counts = _statements(world, path, connection_id)
        world.clock.advance(seconds=301)
        world.load(connection_id)
        with world.services.db.read() as session:
            mine = DocumentRow.party_id == BULK_ID
            documents = session.scalar(select(func.count()).select_from(DocumentRow).where(mine)) or 0
        return Found(
            documents=documents,
            others=others,
            connecting=connecting,
            load=loaded - connecting,
            load_time=load_time,
            feed=world.wire.tally - loaded,
            before_mib=before,
            peak_mib=peak,
            overview=overview,
            tab=tab,
            statements=counts,
        )


def _overview(world: World, connection_id: int, times: int) -> Timed:
    """The figures alone, each time in a session of its own."""
    mine = and_(DocumentRow.connection_id == connection_id, DocumentRow.party_id == BULK_ID)
    with world.services.db.read() as session:
        today = connections.today(session.get_one(Connection, connection_id), world.clock)

    def work() -> object:
        with world.services.db.read() as session:
            return figures(session, mine, "NZD", today)

    return _repeated(work, times)


def _tab(world: World, path: str, times: int) -> Timed:
    visitor = world.log_in("accounts")
    environ = Visitor(world.app, visitor.cookies).environ(f"{path}/tabs/xero")
    return _repeated(lambda: call(world.app, again(environ)), times)


def _statements(world: World, path: str, connection_id: int) -> dict[str, int]:
    """How many SQL statements each page takes, once it was opened before."""
    tab, visitor, found = f"{path}/tabs/xero", world.log_in("accounts"), {}
    explain = f"{tab}/explain/lifetime?connection={connection_id}"
    for name, page in (("its tab", tab), ("the record's own page", path), ("a figure explained", explain)):
        visitor.get(page)
        with statements(world.services.db.engine) as ran:
            visitor.get(page)
        found[name] = len(ran)
    return found


def _repeated(work: Callable[[], object], times: int) -> Timed:
    timed = Timed()
    for _ in range(3):
        work()
    for _ in range(times):
        timed.run(work)
    return timed


def _forget_peak() -> None:
    """Let the peak be counted from now on, where the system can (Linux)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak_mib() -> float:
    """The most memory that this process held since `_forget_peak`, or since it began where that is not known."""
    with suppress(OSError):
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) / KIB
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / KIB / (KIB if sys.platform == "darwin" else 1)
