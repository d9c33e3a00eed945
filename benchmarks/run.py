"""Print every figure in one run: ``make bench``, or ``python -m benchmarks.run --quick`` for a look in seconds."""

from __future__ import annotations

import argparse
import logging
import os
import platform
import sqlite3
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Sizes:
    """How much of everything."""

    requests: int
    openings: int
    tabs: int
    hours: int
    each: int
    invoices: int
    times: int
    processes: bool
    contacts: int


FULL = Sizes(
    requests=200,
    openings=200,
    tabs=20,
    hours=24,
    each=2_500,
    invoices=10_000,
    times=30,
    processes=True,
    contacts=100_000,
)
QUICK = Sizes(requests=8, openings=10, tabs=3, hours=1, each=20, invoices=60, times=3, processes=False, contacts=200)


def main(arguments: list[str] | None = None) -> None:
    """Measure, and print as it goes. The goals are told beside the figures; missing one is no error."""
    parser = argparse.ArgumentParser(prog="benchmarks.run", description="Figures: time, calls, sizes.")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that everything still runs")
    sizes = QUICK if parser.parse_args(arguments).quick else FULL
    logging.disable(logging.WARNING)
    started = time.perf_counter()
    python, sqlite, processors = platform.python_version(), sqlite3.sqlite_version, os.cpu_count()
    print(f"Python {python}, SQLite {sqlite}, {platform.system()}, {processors} processors,")
    print(f"load {os.getloadavg()[0]:.1f} at the start: what else the machine does adds to times, not to CPU.")
    if sizes is QUICK:
        print("Small sizes: the figures mean little.")
    print()
    with tempfile.TemporaryDirectory(prefix="ledgertab-bench-") as folder:
        measure(Path(folder), sizes)
    print(f"All of this took {time.perf_counter() - started:.0f} s.")


def measure(folder: Path, sizes: Sizes) -> None:
    """One benchmark after the other."""
    from benchmarks import crm, large, pages, polling, tokens
    from benchmarks.databases import POSTGRES
    from benchmarks.served import served
    from benchmarks.world import make_sandbox_app

    for table in pages.measure(folder / "pages", times=sizes.requests):
        table.show()
    many = {"openings": sizes.openings, "tabs": sizes.tabs, "hours": sizes.hours, "invoices": sizes.each}
    polling.measure(folder / "polling", **many).show()
    for postgres in (False, True) if os.environ.get(POSTGRES) else (False,):
        place = folder / ("large_postgres" if postgres else "large")
        with served(make_sandbox_app, sizes.invoices) as sandbox:
            large.measure(place, sandbox.url, invoices=sizes.invoices, times=sizes.times, postgres=postgres).show()
    with served(make_sandbox_app, 0) as sandbox:
        tokens.measure(folder / "tokens", sandbox.url, processes=sizes.processes).show()
    for table in crm.measure(sizes.contacts, sizes.requests):
        table.show()
    if not os.environ.get(POSTGRES):
        print(f"PostgreSQL was left out: {POSTGRES} names no server.\n")


if __name__ == "__main__":
    main(sys.argv[1:])
