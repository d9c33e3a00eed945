"""The form that is filled in for every row says the same as one made for it, whatever stood in it before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.imports.cells import Options, RowReader, day_text, guess_dates, guess_decimal, number_text, split_name
from core.imports.service import offered
from core.records.custom import CustomFieldRow
from core.records.kinds import KINDS
from core.services import Services

TEXTS = st.one_of(
    st.sampled_from(
        ["", "Mere", "mere@example.com", "1,234.50", "-5", "1.005", "2026-11-30", "1/2/03", "NZD", "jpy", "Won",
         "lost", "Yes", "x", "60%", "101", "www.example.com", "not a site", "Wholesale; Fair", "021 1 (Mobile), 022",
         "Done", "x" * 10_000, "1899-01-01", "Office", "Red", "a\nb"]
    ),
    st.text(max_size=12).filter(lambda text: "\0" not in text and text.isprintable()),
)  # fmt: skip


@pytest.mark.parametrize("thorough", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["quick", "thorough"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_row_is_checked_as_a_form_of_its_own_would_be(kind: str, thorough: bool, services: Services) -> None:
    with services.db.begin() as session:
        for key, style in (("size", "number"), ("since", "date"), ("vip", "yesno"), ("note", "text")):
            session.add(CustomFieldRow(kind=kind, key=key, label=key.title(), style=style))
        session.add(CustomFieldRow(kind=kind, key="colour", label="Colour", style="choice", choices=["Red", "Blue"]))
    with services.db.read() as session:
        keys = [target.key for target in offered(session, kind)]
        readers = [RowReader(session, kind, keys[:count], Options()) for count in (len(keys), len(keys) // 2)]

    @settings(max_examples=100 if thorough else 8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.lists(TEXTS, min_size=len(keys), max_size=len(keys)), min_size=2, max_size=2))
    def check(rows: Sequence[Sequence[str]]) -> None:
        for reader in readers:
            for cells in rows:
                row = reader.read(cells)
                fresh = reader.fresh(reader.completed(row.typed))
                good = fresh.validate()
                values, problems = reader.check_new(row)
                assert bool(problems) == (not good)
                if good:
                    assert values == _stored(fresh)
                else:
                    wrong = {field.short_name for field in fresh if field.errors}
                    assert {"first_name" if key == "full_name" else key for key in problems} == wrong

    check()


def _stored(form: Any) -> dict[str, Any]:
    found: dict[str, Any] = form.values()
    return found


@pytest.mark.slow
def test_numbers_dates_and_names_are_read_as_they_are_written() -> None:
    assert [number_text(text, ",") for text in ("1.234,50", "12", "-3,5", "€ 1.000", "1 234,5")] == [
        "1,234.50", "12", "-3.5", "1,000", "1 234.5",
    ]  # fmt: skip
    for wrong in ("1,234.50", "1.23", "x"):
        with pytest.raises(ValueError, match="Write a number such as"):
            number_text(wrong, ",")
    assert number_text("NZ$ 1,000.00", ".") == number_text("NZD 1,000.00", ".") == "1,000.00"
    assert [day_text("30.11.2026", "dmy"), day_text("30-11-26", "dmy"), day_text("11/30/2026", "mdy")] == [
        "2026-11-30"
    ] * 3
    assert day_text("2026-11-30 00:00:00", "dmy") == day_text("2026/11/30", "ymd") == "2026-11-30"
    for wrong in ("31/11/2026", "tomorrow", "1/2", "99999-1-1", "0/0/0"):
        with pytest.raises(ValueError, match="Write a date such as"):
            day_text(wrong, "dmy")
    assert guess_decimal(["1.234,50", "", "7"]) == ","
    assert guess_decimal(["1,234.50", "1,000"]) == guess_decimal([]) == "."
    assert [guess_dates(texts) for texts in (["1/2/2026", "13/2/2026"], ["1/13/2026"], ["2026-01-02"], [])] == [
        "dmy", "mdy", "ymd", "ymd",
    ]  # fmt: skip
    assert [split_name(name) for name in ("Mere Parata", "Parata, Mere", "Mere", "Ana María de Lee")] == [
        ("Mere", "Parata"), ("Mere", "Parata"), ("", "Mere"), ("Ana María de", "Lee"),
    ]  # fmt: skip
