"""What is there already is known again: skipped, updated or made anew, and nothing of it is lost."""

from __future__ import annotations

import pytest

from core.records.ways import Way
from tests.core.conftest import Make
from tests.core.imports.conftest import Importer
from tests.core.pages import words


@pytest.mark.parametrize(
    ("chosen", "made", "changed", "skipped"),
    [("skip", 1, 0, 3), ("update", 1, 3, 0), ("new", 4, 0, 0)],
    ids=["skip", "update", "new"],
)
def test_duplicates_are_skipped_updated_or_made_anew(
    sales: Importer, make: Make, chosen: str, made: int, changed: int, skipped: int
) -> None:
    make("contacts", first_name="Mere", last_name="Parata", email="Mere@Example.com", phone="021 1")
    text = (
        "First name,Last name,E-mail,Phone,City\nMereana,,mere@example.com,,Nelson\nAna,Lee,ana@example.com,,\n"
        "Anahera,,ANA@example.com,022 2,\n,Parata-Lee,mere@example.com,,\n"
    )
    row = sales.bring(text, duplicates=chosen)
    assert (row.made, row.changed, row.skipped, row.refused) == (made, changed, skipped, 0)
    assert row.counts == {key: n for key, n in (("made", made), ("changed", changed), ("skipped", skipped)) if n}
    names = [(one.first_name, one.last_name, one.phone, one.city) for one in sales.stored()]
    if chosen == "update":
        assert names == [("Mereana", "Parata-Lee", "021 1", "Nelson"), ("Anahera", "Lee", "022 2", "")]
    else:
        assert names[0] == ("Mere", "Parata", "021 1", "")
    assert len(names) == 1 + made


def test_a_contact_is_known_again_by_a_further_e_mail_address_too(sales: Importer, make: Make) -> None:
    make("contacts", last_name="Parata", email="mere@example.com", more_emails=(Way("Work", "M@Work.example"),))
    row = sales.bring("Last name,E-mail\nParata,m@work.EXAMPLE\nRata,rua@example.com\n")
    assert (row.made, row.skipped) == (1, 1)


def test_a_contact_without_an_e_mail_address_is_known_again_by_name_and_phone(sales: Importer, make: Make) -> None:
    make("contacts", first_name="Mere", last_name="Parata", email="mere@example.com", phone="+64 21 123 4567")
    head = "First name,Last name,E-mail,Phone\n"
    rows = "Mere,Parata,,021 123 4567\nRua,Parata,,021 123 4567\nMere,Parata,,021 999 4567\nMere,Parata,,\n"
    row = sales.bring(head + rows)
    assert (row.made, row.skipped) == (3, 1)
    row = sales.bring(
        f"{head}Tui,Rata,tui@example.com,03 555 1234\nTui,Rata,,03 555 1234\nTui,Rata,t@b.example,03 555 1234\n"
    )
    assert (row.made, row.skipped) == (2, 1)


def test_an_update_adds_to_tags_and_further_addresses_and_takes_none_away(sales: Importer, make: Make) -> None:
    further = (Way("Home", "mere@home.example"),)
    make("contacts", last_name="Parata", email="mere@example.com", tags=["vip"], more_emails=further)
    text = "Last name,E-mail,Tags,E-mail 2\nParata,mere@example.com,new; vip,MERE@home.example; m@work.example\n"
    assert sales.bring(text, duplicates="update").changed == 1
    record = sales.stored()[0]
    assert sorted(record.tags) == ["new", "vip"]
    assert [way.value for way in record.more_emails] == ["mere@home.example", "m@work.example"]
    many = "; ".join(f"t{number}" for number in range(19))
    page = sales.check(f"Last name,E-mail,Tags\nParata,mere@example.com,{many}\n", duplicates="update")
    assert "With those it has they are more than 20." in words(page)
    assert sorted(sales.stored()[0].tags) == ["new", "vip"]


def test_what_was_exported_is_imported_again_with_the_kinds_of_addresses(sales: Importer, make: Make) -> None:
    kinds = {"email_kind": "Private", "phone_kind": "Mobile", "address_kind": "Delivery"}
    further = (Way("Work", "m@work.example"),)
    make(
        "contacts",
        last_name="Parata",
        email="mere@example.com",
        phone="021 1",
        city="Nelson",
        more_emails=further,
        **kinds,
    )
    file = sales.browser.get("/contacts/export.csv").text.replace("mere@example.com", "other@example.com")
    assert sales.bring(file).made == 1
    first, second = sales.stored()
    for name in (*kinds, "city", "more_emails"):
        assert getattr(second, name) == getattr(first, name), name


def test_organizations_are_known_by_name_website_and_e_mail_and_deals_by_name_and_organization(
    sales: Importer, make: Make
) -> None:
    make("organizations", name="Ōamaru Bakery", website="https://www.oamaru.example/", email="hi@oamaru.example")
    text = (
        "Name,Website,E-mail\nōamaru bakery,,\nThe Bakery,http://oamaru.example,\nBakers,,HI@oamaru.example\n"
        "Mill,mill.example,\nMill Ltd,www.mill.example,\n"
    )
    row = sales.bring(text, "organizations")
    assert (row.made, row.skipped, row.refused) == (1, 4, 0)
    row = sales.bring("Name,Organization\nOvens,Mill\nOvens,Bakers 2\novens,MILL\nOvens,bakers 2\n", "projects")
    assert (row.made, row.skipped, row.refused) == (2, 2, 0)
    assert [one.name for one in sales.stored("organizations")] == ["Ōamaru Bakery", "Mill", "Bakers 2"]


@pytest.mark.slow
def test_organizations_are_not_made_where_that_is_not_wanted(sales: Importer) -> None:
    row = sales.bring("Name,Company\nMere Parata,Nowhere\nAna Lee,\n", make_organizations=False)
    assert (row.made, row.refused) == (1, 1)
    assert sales.stored("organizations") == []
