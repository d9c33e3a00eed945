"""Every error of the contract is a sentence with what to do, for who may mend it and for who has to ask."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import update

from core import (
    Denied,
    Duplicate,
    NotFound,
    OutcomeUnknown,
    ProviderError,
    ReconnectNeeded,
    Rejected,
    Stale,
    Throttled,
    Unavailable,
    Unsupported,
)
from core.accounting.models import Failure
from core.accounting.plain import advice
from core.contract import errors
from core.contract.values import Party, Ref
from core.services import Services
from core.users.models import User
from tests.conftest import LogIn
from tests.core.pages import words
from tests.databases import NOW

LATER = NOW + dt.timedelta(hours=2)
DETAIL = "Words over 8642.19."
TABLE: list[tuple[ProviderError, str, str]] = [
    (ReconnectNeeded("The connection is gone."), "Press Reconnect to connect Mill again.", "Ask an admin to reconnect"),
    (Denied("It may not.", missing_scope="a.scope"), "Press Reconnect and allow a.scope.", "and to allow a.scope."),
    (Denied("It may not."), "allow everything that is asked for", "Ask an admin to reconnect Mill"),
    (NotFound("It is not there."), "may have been deleted or merged in Mill", ""),
    (Rejected("It was refused."), "Nothing was written in Mill. Change what it names", ""),
    (Duplicate("There is one.", Party(Ref("1"), "One")), "Link the one that is in Mill already", ""),
    (Stale("It moved on."), "Look at it as it is now", ""),
    (Throttled("Too many calls.", LATER, "day"), "Mill may be back in a few minutes", ""),
    (Unavailable("It is away.", LATER), "Mill may be back in a few minutes", ""),
    (OutcomeUnknown("No answer came."), "do not send it a second time", ""),
    (Unsupported("It cannot do that."), "Do it in Mill itself.", ""),
]


def kinds() -> set[type[ProviderError]]:
    found = (getattr(errors, name) for name in vars(errors))
    return {one for one in found if isinstance(one, type) and issubclass(one, ProviderError)} - {ProviderError}


def test_every_error_of_the_contract_has_its_words() -> None:
    assert {type(error) for error, _, _ in TABLE} == kinds()
    assert len(kinds()) == 10


@pytest.mark.parametrize(("error", "who_may", "others"), TABLE)
def test_it_says_what_to_do_to_who_may_and_whom_to_ask_to_others(
    error: ProviderError, who_may: str, others: str
) -> None:
    assert who_may in advice(error, "Mill", manages=True)
    assert (others or who_may) in advice(error, "Mill", manages=False)


def thrower() -> ModuleType:
    """A plugin with a page for each error, that no view of ours catches."""

    def fall(request: Any) -> Any:
        error = TABLE[int(request.matchdict["number"])][0]
        error.detail = DETAIL
        request.dbsession.execute(update(User).values(theme="dark"))
        raise error

    def includeme(config: Any) -> None:
        config.add_route("thrower", "/thrower/{number}")
        config.add_view(fall, route_name="thrower", permission="login")

    module = ModuleType("thrower")
    module.includeme = includeme  # type: ignore[attr-defined]
    return module


class TestUncaught:
    """An error that no page turned into words."""

    @pytest.fixture
    def ini(self) -> dict[str, str]:
        return {"crm.plugins": "thrower"}

    @pytest.fixture
    def extra(self) -> Mapping[str, ModuleType]:
        return {"thrower": thrower()}

    def test_is_a_page_with_its_sentence_what_to_do_and_a_reference_and_without_its_words(
        self, services: Services, log_in: LogIn
    ) -> None:
        reader = log_in("reader")
        for number, (error, _, _) in enumerate(TABLE):
            page = reader.get(f"/thrower/{number}", expect_errors=True)
            assert page.status_int in (404, 409, 503)
            text = words(page)
            assert error.message in text
            assert advice(error, "the accounting system", manages=False) in text
            assert DETAIL not in page
            with services.db.read() as session:
                told = session.query(Failure).order_by(Failure.id.desc()).first()
            assert isinstance(error, Duplicate) or (told is not None and told.reference in text)
            piece = reader.get(f"/thrower/{number}", headers={"HX-Request": "true"}, expect_errors=True)
            assert error.message in piece

    def test_writes_nothing_of_what_was_begun(self, services: Services, log_in: LogIn) -> None:
        reader = log_in("reader")
        assert "Reference for support" in reader.send("/thrower/0", status=503)
        with services.db.read() as session:
            assert session.query(User).filter_by(theme="dark").count() == 0
            assert session.query(Failure).count() == 1
