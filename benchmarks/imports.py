"""Importing contacts from a file: how many a second, how much memory: ``python -m benchmarks.imports [--rows N]``.

The application runs in a process of its own for each import, so that the peak of its memory is that import's.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from benchmarks.databases import POSTGRES, postgres_database
from benchmarks.served import SPAWN
from core import migrations
from core.app import make_app
from core.imports import jobs, models, reading, service
from core.imports.models import Import
from core.services import Services
from core.settings import read_settings
from core.users.seed import seed_demo_users

KIB = 1024
HEADER = "First name,Last name,E-mail,Phone,Job title,Organization,City,Country,Tags,Owner\n"


@dataclass
class Found:
    """What was measured of one import: seconds of each step, and memory."""

    made: int
    upload: float
    check: float
    run: float
    cpu: float
    before_mib: float
    peak_mib: float


def main(arguments: list[str] | None = None) -> None:
    """Print a line for each size and database; memory of a large import beside that of a small one."""
    parser = argparse.ArgumentParser(prog="benchmarks.imports", description="Importing contacts.")
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args(arguments).rows
    print(f"Importing contacts with the check for duplicates; load {os.getloadavg()[0]:.1f} at the start.")
    for postgres in (False, True) if os.environ.get(POSTGRES) else (False,):
        for number in (max(1, rows // 10), rows):
            show("PostgreSQL" if postgres else "SQLite", measure(number, postgres=postgres))


def show(name: str, found: Found) -> None:
    """One line."""
    print(
        f"{name}, {found.made:,} contacts: read in {found.upload:.1f} s, checked in {found.check:.1f} s, imported in "
        f"{found.run:.1f} s ({found.made / found.run:,.0f} a second; {found.made / found.cpu:,.0f} a second of CPU); "
        f"memory {found.before_mib:.0f} MiB before, {found.peak_mib:.0f} MiB at most."
    )


def measure(rows: int, *, postgres: bool) -> Found:
    """Import a file of so many rows into an empty database."""
    with (
        tempfile.TemporaryDirectory(prefix="ledgertab-bench-") as folder,
        postgres_database() if postgres else nullcontext("") as url,
        ProcessPoolExecutor(max_workers=1, mp_context=SPAWN) as pool,
    ):
        return pool.submit(_measured, Path(folder), url, rows).result()


def _measured(folder: Path, url: str, rows: int) -> Found:
    ini = {"crm.url": "http://localhost", "crm.home": str(folder), "crm.queue": "memory", "crm.make_key": "true"}
    settings = read_settings({**ini, **({"sqlalchemy.url": url} if url else {})}, {})
    migrations.upgrade(settings.database_url, [])
    services: Services = make_app(settings).registry.services
    with services.db.begin() as session:
        user_id = seed_demo_users(session, services.clock)["sales"].id
    path = service.folder(services) / "file.csv"
    _write(path, rows)
    before = _memory()
    upload = time.perf_counter()
    found = reading.examine(path)
    with services.db.begin() as session:
        row = service.make(session, "contacts", "file.csv", path, found, user_id=user_id, when=services.clock.now())
        service.check(session, row)
    check = time.perf_counter()
    _carry_on(services, row.id)
    with services.db.begin() as session:
        service.start(session, session.get_one(Import, row.id), user_id=user_id, when=services.clock.now())
    run, cpu = time.perf_counter(), time.process_time()
    _carry_on(services, row.id)
    end, cpu = time.perf_counter(), time.process_time() - cpu
    with services.db.read() as session:
        done = session.get_one(Import, row.id)
    if (done.state, done.made) != (models.DONE, rows):
        raise RuntimeError(f"{done.state}: {done.made} of {rows} came in, {done.refused} were refused. {done.problem}")
    return Found(rows, check - upload, run - check, end - run, cpu, before, _memory())


def _carry_on(services: Services, import_id: int) -> None:
    services.jobs.enqueue(jobs.JOB, import_id=import_id)
    services.jobs.drain()


def _write(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER)
        for number in range(rows):
            company = f"Company {number % (rows // 10 or 1)}"
            person = f"Mere,Person {number},mere.{number}@example.com,021 {number:07},Buyer,{company}"
            file.write(f"{person},Wellington,New Zealand,Wholesale; Fair,Tom Fielding\n")


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB


if __name__ == "__main__":
    main(sys.argv[1:])
