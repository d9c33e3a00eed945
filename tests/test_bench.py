"""The benchmarks, in small: every table is printed. Counts are held to their goals, times are not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TITLES = (
    "Pages, called in process",
    "Pages, over HTTP",
    "Provider calls:",
    "A party with 60 invoices, read for the first time, on SQLite",
    "A token that ran out, needed by 8 at once",
    "The CRM's own pages, on SQLite",
)
COUNTED = (
    "calls while a page or a tab was drawn",
    "calls in all, first load included",
    "provider calls for this party",
    "8 threads",
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("bench")]


def run(*command: str) -> str:
    """What a command of the benchmarks prints."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("LEDGERTAB")}
    line = [sys.executable, "-m", *command]
    done = subprocess.run(line, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.fixture(scope="module")
def printed() -> str:
    """What a quick run prints."""
    return run("benchmarks.run", "--quick")


def test_a_quick_run_prints_every_table(printed: str) -> None:
    assert [title for title in TITLES if title not in printed] == []


def test_every_page_stands_beside_the_bare_view(printed: str) -> None:
    rows = re.findall(r"^(bare Pyramid view|contact's page|its Xero tab) .*\d$", printed, re.MULTILINE)
    assert rows == ["bare Pyramid view", "contact's page", "its Xero tab"] * 2


@pytest.mark.parametrize("what", COUNTED)
def test_calls_stay_within_their_goals(printed: str, what: str) -> None:
    rows = re.findall(rf"^ *{what} +([\d,]+) +at most [\d,]+ +(.*)$", printed, re.MULTILINE)
    assert rows
    assert {verdict for _, verdict in rows} == {"met"}


ENDS = ("made", "duplicated", "lost", "still unknown", "still on their way when patience ended")


def test_a_small_storm_leaves_one_invoice_for_every_draft() -> None:
    told = run("benchmarks.faults", "--drafts", "40", "--seed", "7")
    figures = dict(re.findall(r"^(\w[\w ]+?)  +(\d+)\b", told, re.MULTILINE))
    assert int(figures["faults switched on"]) > 0
    assert {name: figures[name] for name in ENDS} == {
        "made": "40",
        "duplicated": "0",
        "lost": "0",
        "still unknown": "0",
        "still on their way when patience ended": "0",
    }
