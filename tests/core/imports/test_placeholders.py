"""Cells in which people wrote that they have nothing to say."""

from __future__ import annotations

import pytest

from core.records.custom import CustomFieldRow
from core.services import Services
from tests.core.imports.conftest import Importer


@pytest.mark.parametrize("nothing", ["n/a", "N/A", " - ", "--", "–", "—"])
def test_a_text_that_only_holds_the_place_of_a_value_is_an_empty_cell(
    nothing: str, sales: Importer, services: Services
) -> None:
    with services.db.begin() as session:
        session.add(CustomFieldRow(kind="contacts", key="vip", label="VIP", style="yesno"))
    cells = ",".join(["Mere", "Parata", *[nothing] * 5])
    row = sales.bring(f"First name,Last name,E-mail,Phone,Mobile,Tags,VIP\n{cells}\n")
    assert (row.made, row.refused) == (1, 0)
    (mere,) = sales.stored()
    assert (mere.email, mere.phone, mere.more_phones, mere.tags) == ("", "", (), ())
    assert "vip" not in mere.custom


def test_a_choice_that_is_called_like_a_placeholder_is_chosen(sales: Importer, services: Services) -> None:
    with services.db.begin() as session:
        session.add(CustomFieldRow(kind="contacts", key="size", label="Size", style="choice", choices=("Small", "N/A")))
    sales.bring("First name,Last name,Size\nMere,Parata,n/a\n")
    (mere,) = sales.stored()
    assert mere.custom == {"size": "N/A"}
