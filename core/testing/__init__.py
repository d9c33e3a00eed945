"""For authors of providers: a context to open a provider with, and the conformance suite."""

from core.testing.context import StaticContext, UnlimitedBudget

__all__ = ["StaticContext", "UnlimitedBudget"]
