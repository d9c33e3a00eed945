"""Tables of plain text, with the goal beside each figure that has one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Table:
    """A title, a line of column names and rows of text; the first column is aligned left, the others right."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        """Add a row."""
        if len(cells) != len(self.columns):
            raise ValueError(f"{self.title}: {len(cells)} cells for {len(self.columns)} columns")
        self.rows.append(cells)

    def text(self) -> str:
        """The table as it is printed."""
        every = [self.columns, *self.rows]
        widths = [max(len(row[place]) for row in every) for place in range(len(self.columns))]
        lines = [self.title, "=" * len(self.title)]
        for row in every:
            rest = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
            lines.append("  ".join([row[0].ljust(widths[0]), *rest]).rstrip())
        lines.insert(3, "-" * max(len(line) for line in lines[2:]))
        return "\n".join([*lines, *self.notes, ""])

    def show(self) -> None:
        """Print it."""
        print(self.text(), flush=True)


class Figures(Table):
    """A table with a figure and its goal in each row."""

    def __init__(self, title: str) -> None:
        super().__init__(title, ("", "figure", "goal", ""))

    def tell(self, what: str, figure: float, unit: str = "", *, goal: float | None = None, digits: int = 0) -> None:
        """Add a figure; `goal` is the most that it should be."""
        shown = number(figure, digits, unit)
        if goal is None:
            self.add(what, shown, "", "")
        else:
            self.add(what, shown, f"at most {number(goal, 0, unit)}", "met" if figure <= goal else "NOT MET")


def number(value: float, digits: int = 0, unit: str = "") -> str:
    """A figure with a comma every three digits, and its unit."""
    return f"{value:,.{digits}f} {unit}".strip()
