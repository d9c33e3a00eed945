"""A tag is one tag however it is capitalised: what others have is taken over, in forms, bulk changes and imports."""

from __future__ import annotations

import pytest

from core.records.models import Contact
from core.records.tags import known_tags, spelt
from core.services import Services
from tests.conftest import LogIn
from tests.core.conftest import Make
from tests.core.imports.conftest import Importer
from tests.core.pages import form_of


def tags_of(services: Services, number: int) -> tuple[str, ...]:
    with services.db.read() as session:
        return session.get_one(Contact, number).tags


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (("vip", "New"), ("VIP", "New")),
        (("VIP", "vip", "Vip"), ("VIP",)),
        (("new", "NEW"), ("new",)),
        (("ÄRZTE", "éclair"), ("Ärzte", "éclair")),
        ((), ()),
    ],
)
def test_tags_are_spelt_as_others_have_them(
    make: Make, services: Services, typed: tuple[str, ...], kept: tuple[str, ...]
) -> None:
    make("contacts", last_name="Parata", tags=("VIP", "Ärzte"))
    make("organizations", name="Mill", tags=("NEW",))
    with services.db.read() as session:
        assert spelt(session, "contacts", typed) == kept


def test_known_tags_are_told_by_name_each_once(make: Make, services: Services) -> None:
    for number, tags in enumerate((("b", "A"), ("A", "Éa"), ("c",), ())):
        make("contacts", last_name=f"Person {number}", tags=tags)
    make("organizations", name="Mill", tags=("other",))
    with services.db.read() as session:
        assert known_tags(session, "contacts") == ["A", "b", "c", "Éa"]
        assert len(known_tags(session, "contacts", limit=2)) == 2
        assert known_tags(session, "projects") == []


def test_a_form_takes_the_known_spelling_and_the_only_one_who_has_a_tag_may_write_it_anew(
    log_in: LogIn, make: Make, services: Services
) -> None:
    first, second = (make("contacts", last_name=name, tags=tags) for name, tags in (("Tahi", ("VIP",)), ("Rua", ())))
    sales = log_in("sales")
    form = form_of(sales.get(f"/contacts/{second}/edit"))
    form["tags"] = "vip, fair"
    form.submit(status=303)
    assert tags_of(services, second) == ("fair", "VIP")
    form = form_of(sales.get(f"/contacts/{second}/edit"))
    form["tags"] = "vip, Fair"
    form.submit(status=303)
    assert tags_of(services, second) == ("Fair", "VIP")
    assert tags_of(services, first) == ("VIP",)


def test_an_import_takes_it_too_and_a_bulk_change_meets_every_spelling(
    log_in: LogIn, make: Make, services: Services
) -> None:
    old = make("contacts", last_name="Tahi", tags=("VIP", "fair"))
    importer = Importer(log_in("sales"), services)
    assert importer.bring("Last name,Tags\nRua,vip; New\nToru,new\n").made == 2
    rua, toru = old + 1, old + 2
    assert (tags_of(services, rua), tags_of(services, toru)) == (("New", "VIP"), ("New",))
    for deed, tag in (("add_tag", "vip"), ("remove_tag", "new")):
        sent = {"all": "on", "deed": deed, "tag": tag}
        form_of(importer.browser.send("/contacts/bulk", sent, status=303).follow()).submit(status=303)
    assert [tags_of(services, number) for number in (old, rua, toru)] == [("fair", "VIP"), ("VIP",), ("VIP",)]
