"""The conformance suite catches providers that are subtly wrong, and says what to do."""

from __future__ import annotations

import pytest

from tests.testing import broken, on_the_stub

pytestmark = pytest.mark.slow

pytest_plugins = ["pytester"]

MODULE = f"""
import {broken.__name__} as broken
from {on_the_stub.__name__} import OnTheStub

class TestProvider(OnTheStub):
    provider_class = {{provider}}
"""
WELL_FORMED = "test_every_document_of_a_party_is_well_formed"

BROKEN = [
    ("CountsInFloats", WELL_FORMED, "money is a Decimal, made from the text of the answer, never a float"),
    ("ReadsJsonAsFloats", WELL_FORMED, "at most four decimals"),
    ("CountsCreditsBelowZero", WELL_FORMED, "amounts are positive, of credits too"),
    ("CountsEachKindApart", "test_an_id_stands_for_one_document", "put the kind into Ref.id"),
    ("ForgetsTheirWord", WELL_FORMED, "keep the system's own word beside ours"),
    ("ForgetsWhenItWasPaid", WELL_FORMED, "give the last payment's date"),
    ("TellsLocalTime", WELL_FORMED, "moments are aware datetimes in UTC"),
    ("PutsTaxIntoLines", "test_a_document_by_id_is_the_one_of_the_list_with_its_lines", "tax inside only when"),
    ("KnowsOneCurrency", "test_documents_keep_their_own_currency", "own currency, never the organisation's"),
    ("SpeaksItsOwnTimeZone", "test_the_organisation_has_a_name", "into an IANA name"),
    ("NeverEnds", "test_a_search_gives_every_party_once", "None with the last"),
    ("StopsTooEarly", "test_a_search_gives_every_party_once", "Do not end before the last page"),
    ("Overlaps", "test_a_search_gives_every_party_once", "A page begins after the end of the one before"),
    ("TakesTextForAPattern", "test_a_strange_text_finds_nothing", "escape it, or look for it yourself"),
    ("ReadsNothingAsEverything", "test_documents_of_nobody_are_none", "With no party asked for, give nothing"),
    (
        "KeepsItsPlaceToItself",
        "test_a_walk_through_a_partys_documents",
        "Put all that is needed into the cursor",
    ),
    ("TellsAllOfItTwice", "test_over_and_prepayments_are_told_in_one_place", "for over- and prepayments alone"),
    ("LeavesTheLastDayOut", "test_both_ends_of_the_dates_are_in", "both ends of the dates are in"),
    ("StumblesOverUnknownIds", "test_a_strange_id_is_not_found", "Raise NotFound for an id the system does not know"),
    ("ForgetsTheKey", "test_the_same_key_makes_one_document", "Send `key` as the idempotency key"),
    ("PostsAtOnce", "test_what_is_made_is_a_draft_and_no_more", "Ask the system for a draft"),
    ("MakesSomethingElse", "test_an_unclaimed_kind_is_unsupported", "Claim it, or raise Unsupported"),
    ("FindsTheLatest", "test_an_unknown_key_finds_nothing", "the latest document is not the one"),
    ("FindsTheLatest", "test_what_was_made_is_found_by_its_key", "made under another key"),
    ("LosesTheDiscount", "test_a_discount_counts_or_is_refused", "raise Rejected at lines.0.discount"),
    ("ReplaysALostWrite", "test_a_lost_answer_is_an_unknown_outcome", "never send it again by yourself"),
    ("SaysNothingHappened", "test_a_lost_answer_is_an_unknown_outcome", "Raise OutcomeUnknown when a write was sent"),
    ("OverwritesWhoHasTheName", "test_a_name_that_is_there_is_offered", "Raise Duplicate with it as `existing`"),
    ("ClearsWhatWasNotSent", "test_only_the_changed_fields_of_a_party_change", "keep the rest"),
    ("LooksAtNoVersion", "test_a_party_that_moved_on_is_stale", "raise Stale when it moved on"),
    ("BeginsAtTheBeginning", "test_changes_do_not_begin_at_the_beginning", "use `since`"),
    ("TellsOnlyInvoices", "test_changes_since_a_moment_leave_nothing_out", "Cover every kind of document"),
    ("CallsForAnAddress", "test_a_web_address_is_made_without_a_call", "make the address from what is known"),
    ("TellsTheOldestFirst", "test_a_history_tells_what_when_and_in_order", "give the newest first"),
    ("MakesUpAHistory", "test_a_history_tells_what_when_and_in_order", "Raise NotFound"),
    ("SendsCustomersNowhere", "test_the_customers_address_is_one", "give a whole address"),
    ("ClaimsTooMuch", "test_what_is_claimed_is_there", "take the claim out of capabilities()"),
    ("ListsAnIdTwice", "test_every_choice_is_well_formed", "ids are unique within a kind"),
    ("TellsRatesAsFractions", "test_every_choice_is_well_formed", "8.25, not 0.0825"),
]


@pytest.fixture(autouse=True)
def _no_other_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The inner runs need pytest alone; the plugins installed here cost a second in each."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def _run(pytester: pytest.Pytester, provider: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(test_provider=MODULE.format(provider=provider))
    return pytester.runpytest_inprocess("-q", "--tb=short", "-W", "error", "-p", "no:cacheprovider", *options)


@pytest.mark.parametrize(("provider", "check", "advice"), BROKEN, ids=[f"{name}-{check}" for name, check, _ in BROKEN])
def test_a_broken_provider_is_caught_and_told_what_to_do(
    pytester: pytest.Pytester, provider: str, check: str, advice: str
) -> None:
    result = _run(pytester, f"broken.{provider}", "-k", check)
    outcomes = result.parseoutcomes()
    assert outcomes.get("failed", 0) > 0, f"{provider} passes {check}"
    assert "errors" not in outcomes
    assert advice in result.stdout.str()


def test_every_broken_provider_is_tried() -> None:
    kinds = [kind for kind in vars(broken).values() if isinstance(kind, type) and kind.__module__ == broken.__name__]
    assert {kind.__name__ for kind in kinds} - {"Garbling", "KeepsAHistory"} == {name for name, _, _ in BROKEN}


def test_the_stub_that_the_broken_ones_are_made_from_passes(pytester: pytest.Pytester) -> None:
    checks = " or ".join(sorted({check for _, check, _ in BROKEN}))
    outcomes = _run(pytester, "OnTheStub.provider_class", "-k", checks).parseoutcomes()
    assert outcomes.keys() <= {"passed", "skipped", "deselected"}
    assert outcomes["passed"] >= len({check for _, check, _ in BROKEN})


def test_a_provider_that_only_reads_passes(pytester: pytest.Pytester) -> None:
    """Every optional ability may be left out: what is not claimed is refused, by the base class."""
    outcomes = _run(pytester, "broken.read_only()").parseoutcomes()
    assert outcomes.keys() <= {"passed", "skipped"}
    assert outcomes["passed"] > 40


def test_a_suite_without_its_fixtures_names_the_missing_one(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "from core.testing.conformance import ProviderConformance\nclass TestMine(ProviderConformance):\n    pass\n"
    )
    result = pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider", "-k", "test_documents_of_nobody_are_none")
    assert result.parseoutcomes() == {"errors": 1, "deselected": result.parseoutcomes()["deselected"]}
    assert "fixture 'provider' not found" in result.stdout.str()


def test_the_suite_needs_nothing_of_ledgertab_but_the_contract() -> None:
    """It is shipped to authors of providers: standard library, pytest and the contract."""
    import ast
    import sys
    from pathlib import Path

    import core.testing

    allowed = {"core.contract", "core.testing", "pytest"}
    for source in Path(core.testing.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                root = ".".join(name.split(".")[:2]) if name.startswith("core") else name.split(".")[0]
                assert root in allowed or root in sys.stdlib_module_names, f"{source.name} imports {name}"
