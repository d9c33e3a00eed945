"""Says at the end of a run what it left out, so that a green line is not taken for more than it is.

With LEDGERTAB_REQUIRE_ALL=1 a test that would be skipped fails instead. What the conformance suite skips is another
matter: it does not apply to a provider of these capabilities.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

import pytest

KINDS = {
    "browser": "tests in a browser",
    "postgres": "tests on PostgreSQL",
    "redis": "tests on Redis",
    "slow": "slow tests",
}
DOES_NOT_APPLY = "core/testing/"
left_out: Counter[str] = Counter()
all_required = os.environ.get("LEDGERTAB_REQUIRE_ALL") == "1"


def pytest_deselected(items: Iterable[pytest.Item]) -> None:
    """Count what the marker expression took away, by kind."""
    for item in items:
        left_out[next((kind for kind in KINDS if item.get_closest_marker(kind)), "other")] += 1


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Turn a skip into a failure where everything is demanded."""
    report = yield
    if all_required and is_left_out(report):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and LEDGERTAB_REQUIRE_ALL=1 demands every test: {call.excinfo}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    """The same for a whole module that would be skipped."""
    report = yield
    if report.skipped and all_required:
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} would be skipped, and LEDGERTAB_REQUIRE_ALL=1 demands every test"
    return report


def is_left_out(report: Any) -> bool:
    """Whether the report is of a test that was skipped although it applies."""
    if not report.skipped or hasattr(report, "wasxfail"):
        return False
    where = report.longrepr[0] if isinstance(report.longrepr, tuple) else ""
    return DOES_NOT_APPLY not in Path(where).as_posix()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist hands its counts to the process that prints."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left_out"] = dict(left_out)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Every worker collects everything, so the counts of one are the counts of all."""
    left_out.update(Counter(getattr(node, "workeroutput", {}).get("left_out", {})) - left_out)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The closing line."""
    skips = [report for report in terminalreporter.stats.get("skipped", []) if is_left_out(report)]
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in skips)
    parts = [f"{count} {KINDS.get(kind, 'others')}" for kind, count in sorted(left_out.items())]
    parts += [f"{count} skipped ({reason})" for reason, count in sorted(reasons.items())]
    if parts:
        terminalreporter.write_line(f"Left out: {', '.join(parts)}. `make check` runs everything.")
