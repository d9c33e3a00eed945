"""The examples of docs/api.md are one program, and it runs against a server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

import pytest

from tests.core.api.conftest import Call
from tests.core.api.test_document import PAGE
from tests.live import serving


@pytest.mark.slow
def test_the_examples_of_the_page_run(app: Any, program: Call) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    assert len(blocks) >= 7
    token = program("sales").token
    with serving(app) as address:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", "\n".join(blocks)],
            env={**os.environ, "CRM": address, "LEDGERTAB_TOKEN": token},
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Mere Tautari may use accounting:read, ")
