"""The axis of a chart: round numbers in even steps, with room for everything that is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

STEPS = 5  # about how many steps an axis has
_NICE = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))


@dataclass(frozen=True)
class Scale:
    """An axis from `low` (0 or below) to `high` (above it); `ticks` from the highest down, zero among them."""

    low: Decimal
    high: Decimal
    ticks: Sequence[Decimal]

    def at(self, value: Decimal) -> float:
        """Where a value is, in hundredths of the axis from its top."""
        return round(float((self.high - value) / (self.high - self.low)) * 100, 2)


def scale(values: Iterable[Decimal]) -> Scale:
    """The axis for some values, whatever their size and sign."""
    held = [Decimal(0), *values]
    least, most = min(held), max(held)
    step = _step((most - least) / STEPS or Decimal(1))
    low = (least / step).to_integral_value(ROUND_FLOOR)
    high = max((most / step).to_integral_value(ROUND_CEILING), low + 1)
    return Scale(low * step, high * step, [number * step for number in range(int(high), int(low) - 1, -1)])


def _step(least: Decimal) -> Decimal:
    """The next round number that is not smaller."""
    size = Decimal(1).scaleb(least.adjusted())
    return next(nice * size for nice in _NICE if nice * size >= least)
