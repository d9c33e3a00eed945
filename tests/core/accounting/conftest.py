"""Tests that need a provider run against the sandbox, as the story does."""

from __future__ import annotations

from tests.core.accounting.drafting import queued, sales
from tests.story.conftest import connect, hana, harbour, http, ini, refit, sandbox

__all__ = ["connect", "hana", "harbour", "http", "ini", "queued", "refit", "sales", "sandbox"]
