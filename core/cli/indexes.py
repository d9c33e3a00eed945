"""``ledgertab search reindex``, and what puts many new records into the indexes at once."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from sqlalchemy.orm import Session

from core.cli.opening import open_app
from core.duplicates import keys
from core.search import indexing, storage
from core.search.following import rebuild


def add_new(session: Session, kind: str, ids: Sequence[int]) -> None:
    """Put records that were made in bulk into the indexes of the search and of duplicates."""
    indexing.add(session, kind, ids)
    keys.add(session, kind, ids)


def reindex(options: argparse.Namespace) -> int:
    """Build both indexes anew, while others work; says how many records are in it."""
    with open_app(options) as app:
        keys.rebuild(app.registry.services.db)
        number, quick = rebuild(app.registry.services.db, app.registry.search_sources)
    sys.stdout.write(f"{number:,} records can be found.\n")
    if not quick:
        sys.stdout.write(f"{storage.REFUSED}\n")
    return 0
