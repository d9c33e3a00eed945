"""The keys of custom fields: no field takes the name that a filter of another has."""

from __future__ import annotations

import pytest

from core.records.custom import save_field
from core.services import Services


@pytest.mark.parametrize(
    "fields", [[("Size", "number"), ("Size from", "text")], [("Size to", "text"), ("Size", "date")]]
)
def test_a_field_is_not_called_as_the_filter_of_another(services: Services, fields: list[tuple[str, str]]) -> None:
    with services.db.begin() as session:
        first, second = (
            save_field(session, "contacts", None, label=label, style=style, choices="", in_list=False).key
            for label, style in fields
        )
    assert first == fields[0][0].lower().replace(" ", "_")
    assert second == fields[1][0].lower().replace(" ", "_") + "_2"
