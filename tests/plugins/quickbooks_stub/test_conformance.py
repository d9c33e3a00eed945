"""The stub does what every provider must do."""

from __future__ import annotations

from tests.testing.on_the_stub import OnTheStub


class TestQuickBooksStub(OnTheStub):
    pass
