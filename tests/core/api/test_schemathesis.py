"""Calls that are made up from the document, good ones and bad ones: no fault of ours, and every answer as described."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed: pip install .[check]")

from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.generation import GenerationMode  # noqa: E402
from schemathesis.specs.openapi.checks import (  # noqa: E402
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from core.api.everything import OPERATIONS  # noqa: E402
from tests.core.api.conftest import BASE, Call  # noqa: E402
from tests.core.conftest import Make  # noqa: E402

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SOME = settings(
    max_examples=6,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def ini() -> dict[str, str]:
    return {"crm.plugins": "quickbooks_stub", "api.rate": "1000000/minute"}


@pytest.mark.slow
def test_no_call_that_can_be_made_up_ends_in_a_fault(app: Any, program: Call, make: Make) -> None:
    for kind in ("organizations", "contacts", "opportunities", "projects"):
        make(kind, **({"last_name": "Parata"} if kind == "contacts" else {"name": "Tui Boats"}))
    headers = {"Authorization": f"Bearer {program('admin').token}"}
    schema = schemathesis.openapi.from_wsgi(f"{BASE}/openapi.json", app)
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    called = set()
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in modes if operation.body or any(operation.iter_parameters()) else modes[:1]:
            walk(operation.as_strategy(generation_mode=mode), headers)
        called.add((operation.method.upper(), operation.path))
    every = {(one.method, one.address) for one in OPERATIONS}
    assert every - called <= {("GET", f"{BASE}/openapi.json")}, "the document itself may be left out"


def walk(cases: Any, headers: dict[str, str]) -> None:
    """Call what is made up, a few times; always the same."""

    @SOME
    @given(case=cases)
    def call(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    call()
