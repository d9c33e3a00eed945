"""Import: records from CSV files, looked at first, carried out as a job, and undone where that is wanted."""

from __future__ import annotations

from typing import Any

from core.imports import jobs, service, views
from core.imports.service import ImportNotFound

DEEDS = {
    "import.started": "Import started",
    "import.finished": "Imported",
    "import.cancelled": "Import cancelled",
    "import.failed": "Import failed",
    "import.undo_started": "Undoing an import",
    "import.undone": "Import undone",
}


def includeme(config: Any) -> None:
    """The pages, the job, and the words for what is done."""
    service.largest(config.registry.services)  # a setting that cannot be read stops the start
    config.add_fault(ImportNotFound, 404)
    config.add_deed_words(DEEDS)
    jobs.register(config)
    views.add_routes(config)
