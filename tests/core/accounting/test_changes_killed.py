"""A worker killed at any point of a change or a deletion: carried out once, never over what somebody changed since."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core import ManualClock
from core.accounting import draft_changes
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser
from tests.core.accounting.changing import begin, edit_there, invoice, made, posts, press, send, the_change
from tests.core.accounting.drafting import draft_form, pass_time
from tests.core.accounting.over_http import address, http, ini

__all__ = ["address", "http", "ini", "made"]
pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
POINTS = (
    "before it is taken",
    "before the call",
    "after the call",
    "while it is written down",
    "after it was written down",
)


def kill_a_worker(services: Services, clock: ManualClock, tmp_path: Path, point: str) -> None:
    """Start a worker and see it die at the point of a change."""
    where = tmp_path / "doom.json"
    where.write_text(json.dumps({"settings": dict(services.settings.all), "now": clock.now().isoformat()}))
    module = "tests.core.accounting.doomed_worker"
    command = [sys.executable, "-W", "ignore", "-m", module, str(where), point, "change"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == -9, done.stderr.decode()


def change_the_reference(sales: Browser, key: str) -> None:
    page = begin(sales, key)
    draft_form(page)["reference"] = "PO 80"
    send(page)


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_at_any_point_leaves_the_draft_changed_once(
    sales: Browser, services: Services, sandbox: Sandbox, clock: ManualClock, made: str, tmp_path: Path, point: str
) -> None:
    services.jobs.drain()
    change_the_reference(sales, made)
    kill_a_worker(services, clock, tmp_path, point)
    pass_time(services, clock, seconds=300, deed=draft_changes.DEED)
    assert (the_change(services).state, posts(sandbox)) == ("made", 1)
    assert invoice(sandbox, made)["Reference"] == "PO 80"


@pytest.mark.parametrize("point", ["before the call", "after the call"])
def test_a_worker_killed_over_a_deletion_leaves_the_draft_deleted(
    sales: Browser, services: Services, sandbox: Sandbox, clock: ManualClock, made: str, tmp_path: Path, point: str
) -> None:
    services.jobs.drain()
    press(begin(sales, made, "delete"), "send")
    kill_a_worker(services, clock, tmp_path, point)
    pass_time(services, clock, seconds=300, deed=draft_changes.DEED)
    assert (the_change(services).state, invoice(sandbox, made)["Status"]) == ("made", "DELETED")
    assert posts(sandbox) == 1


def test_what_was_changed_after_a_worker_died_before_its_call_is_not_written_over(
    sales: Browser, services: Services, sandbox: Sandbox, clock: ManualClock, made: str, tmp_path: Path
) -> None:
    services.jobs.drain()
    change_the_reference(sales, made)
    kill_a_worker(services, clock, tmp_path, "before the call")
    edit_there(sandbox, clock, made, Reference="Theirs")
    pass_time(services, clock, seconds=300, deed=draft_changes.DEED)
    assert (the_change(services).state, posts(sandbox)) == ("refused", 0)
    assert invoice(sandbox, made)["Reference"] == "Theirs"
