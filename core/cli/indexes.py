"""``ledgertab search reindex``, and what puts many new records into the indexes at once."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from sqlalchemy.orm import Session

from core.cli.opening import open_app
from core.search import indexing, storage
from core.search.following import rebuild


def add_new(session: Session, kind: str, ids: Sequence[int]) -> None:
    """Put records that were made in bulk into the index of the search."""
    indexing.add(session, kind, ids)


def reindex(options: argparse.Namespace) -> int:
    """Build the index anew, while others work; says how many records are in it."""
    with open_app(options) as app:
        number, quick = rebuild(app.registry.services.db, app.registry.search_sources)
    sys.stdout.write(f"{number:,} records can be found.\n")
    if not quick:
        sys.stdout.write(f"{storage.REFUSED}\n")
    return 0
