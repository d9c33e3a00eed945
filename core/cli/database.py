"""``ledgertab db upgrade`` and ``ledgertab seed``."""

from __future__ import annotations

import argparse
import sys

from core import migrations
from core.activity.seed import seed_demo_activity
from core.cli.indexes import add_new
from core.cli.opening import open_services
from core.records.seed import seed_contacts, seed_demo_records
from core.search import storage
from core.settings import StartError
from core.users.seed import seed_demo_users


def upgrade(options: argparse.Namespace) -> int:
    """Apply the revisions that are missing and put in the roles; says what it did."""
    with open_services(options) as services:
        applied = migrations.prepare(services)
        with services.db.begin() as session:
            quick = storage.make_index(session.connection())  # the right to it may have been given since
    sys.stdout.write(f"Applied: {', '.join(applied)}.\n" if applied else "The database is up to date.\n")
    if not quick:
        sys.stdout.write(f"{storage.REFUSED}\n")
    return 0


def seed(options: argparse.Namespace) -> int:
    """Demo users and records, or made-up contacts. Run again, the demo is not doubled."""
    if not options.demo and options.contacts < 1:
        raise StartError("Say what to put in: --demo, or --contacts N.")
    with open_services(options) as services:
        migrations.check(services)
        with services.db.begin() as session:
            if options.demo:
                seed_demo_users(session, services.clock)
                seed_demo_records(session, services.clock, add_new)
                seed_demo_activity(session, services.clock)
            if options.contacts:
                seed_contacts(session, services.clock, options.contacts, add_new)
                storage.optimize(session.connection())
    sys.stdout.write("Done.\n")
    return 0
