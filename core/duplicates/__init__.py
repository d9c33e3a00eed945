"""The same person or organization twice: told while typing, listed, merged."""

from __future__ import annotations

from typing import Any

from core.contract.extensions import NavLink
from core.duplicates import keys, merge

EDIT = "records.edit"
WORDS = {"record.merged": "Merged with another", "record.merged_into": "Merged into another"}


def includeme(config: Any) -> None:
    """The pages, what keeps the keys, and where the address of a merged record leads."""
    config.add_record_watcher(keys.follow)
    config.add_record_bulk_watcher(keys.follow_many)
    config.set_record_forward(merge.forward)
    config.set_record_origins(merge.origins)
    config.add_deed_words(WORDS)
    config.add_navigation(lambda request: [NavLink("Duplicates", "/duplicates", order=80, right=EDIT)])
    config.include("core.duplicates.views")
    config.include("core.duplicates.merge_views")
