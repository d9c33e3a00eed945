"""Checks of the organisation, its capabilities and the lists a draft is filled in from."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from core.contract.provider import AccountingProvider, ProviderContext
from core.contract.values import Capability, ChoiceKind, DocumentKind, Organisation, Ref
from core.contract.wellformed import fault
from core.testing.conformance.fixtures import ConformanceFixtures
from core.testing.conformance.helpers import DRAFTS, missing, need, need_unclaimed, no_complaints, usable
from core.testing.conformance.wellformed import choice_complaints, is_currency

_METHODS = {
    Capability.PARTIES_CREATE: ("create_party",),
    Capability.PARTIES_UPDATE: ("update_party",),
    Capability.DRAFT_INVOICE: ("create", "find_created"),
    Capability.ESTIMATE: ("create", "find_created"),
    Capability.DRAFT_CHANGE: ("update_draft", "delete_draft"),
    Capability.PDF: ("attachment",),
    Capability.NOTES: ("note",),
    Capability.HISTORY: ("history",),
    Capability.CUSTOMER_LINK: ("customer_url",),
    Capability.CHANGES: ("changes",),
    Capability.ADVANCES: ("advances",),
}


class OrganisationChecks(ConformanceFixtures):
    """Who the organisation is, what can be done for it, what may be chosen."""

    def test_the_organisation_has_a_name_a_base_currency_and_an_iana_time_zone(
        self, provider: AccountingProvider
    ) -> None:
        """Figures are in the base currency; *overdue* is decided by the day in the time zone."""
        told = provider.organisation()
        assert not (wrong := fault(told, Organisation)), f"organisation(): {wrong}"
        assert told.name.strip(), "organisation(): name is empty; people see it on every page."
        assert is_currency(told.base_currency), (
            f"organisation(): base_currency is {told.base_currency!r}; give three capital letters (ISO 4217)."
        )
        try:
            ZoneInfo(told.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            pytest.fail(
                f"organisation(): timezone is {told.timezone!r}; translate the system's own word into an IANA name "
                "such as Pacific/Auckland."
            )

    def test_the_organisation_is_the_one_of_the_connection(
        self, provider: AccountingProvider, context: ProviderContext
    ) -> None:
        """A provider is opened for one organisation and answers for no other."""
        told = provider.organisation().id
        assert told == context.organisation.id, (
            f"organisation().id is {told!r}, the connection is for {context.organisation.id!r}. "
            "Read the id from context.organisation and send it with every call."
        )

    def test_capabilities_are_told_without_a_call(self, provider: AccountingProvider, context: ProviderContext) -> None:
        """Pages ask for them while they are drawn."""
        before = _spent(context)
        claimed = provider.capabilities()
        assert isinstance(claimed, frozenset), f"capabilities() gave {type(claimed).__name__}; give a frozenset."
        assert all(isinstance(capability, Capability) for capability in claimed), (
            f"capabilities() holds {claimed!r}; give members of core.Capability only."
        )
        assert _spent(context) == before, "capabilities() spent a call; it must answer from memory."

    @pytest.mark.parametrize("capability", list(_METHODS))
    def test_what_is_claimed_is_there(self, provider: AccountingProvider, capability: Capability) -> None:
        """A claim without its method would show a button that can only fail."""
        need(provider, capability)
        for name in _METHODS[capability]:
            assert getattr(type(provider), name) is not getattr(AccountingProvider, name), (
                f"{capability.name} is claimed and {name}() is not written: it is the base class's, which raises "
                "Unsupported. Write it, or take the claim out of capabilities()."
            )

    @pytest.mark.parametrize("kind", list(ChoiceKind))
    def test_every_choice_is_well_formed_and_its_id_stands_once(
        self, provider: AccountingProvider, kind: ChoiceKind
    ) -> None:
        """An id goes into a draft, so it must mean one thing."""
        choices = provider.choices(kind)
        no_complaints("choices", [words for choice in choices for words in choice_complaints(choice, kind)])
        rates = [choice.rate for choice in choices if choice.active and choice.rate]
        assert not rates or max(rates) >= 1, f"choices({kind.name}): a rate is per cent: 8.25, not 0.0825."
        ids = [(choice.group, choice.id) for choice in choices]
        twice = {ident for ident in ids if ids.count(ident) > 1}
        assert not twice, (
            f"choices({kind.name}): {sorted(twice)[:5]} stand more than once; ids are unique within a kind."
        )

    def test_the_base_currency_is_among_the_currencies(self, provider: AccountingProvider) -> None:
        """Else no draft could be made in it."""
        base, ids = provider.organisation().base_currency, [c.id for c in provider.choices(ChoiceKind.CURRENCY)]
        assert base in ids, f"choices(CURRENCY) is {ids} without the base currency {base}: list it too."

    def test_what_an_item_refers_to_is_among_the_choices(self, provider: AccountingProvider) -> None:
        """An item brings its account and its tax rate into the line."""
        items = [item for item in provider.choices(ChoiceKind.ITEM) if item.active and item.for_sales]
        for name, kind in (("account", ChoiceKind.ACCOUNT), ("tax_rate", ChoiceKind.TAX_RATE)):
            wanted = {getattr(item, name) for item in items if getattr(item, name)}
            lost = missing(wanted, {choice.id for choice in provider.choices(kind)})
            assert not lost, (
                f"choices(ITEM): items name the {name} {lost}, which choices({kind.name}) does not list. "
                f"Use the same id in both, and list inactive ones too."
            )

    def test_there_is_something_to_choose_for_a_draft(self, provider: AccountingProvider) -> None:
        """A draft is filled in from lists, never in free text."""
        claimed = provider.capabilities()
        if not claimed & set(DRAFTS.values()):
            pytest.skip("no kind of draft is claimed")
        needed = [(Capability.LINE_NEEDS_ITEM, ChoiceKind.ITEM), (Capability.LINE_NEEDS_ACCOUNT, ChoiceKind.ACCOUNT)]
        for capability, kind in needed:
            assert capability not in claimed or usable(provider.choices(kind)), (
                f"{capability.name} is claimed and choices({kind.name}) has none that is active and for sales: "
                "no draft could ever be made."
            )

    @pytest.mark.parametrize(
        ("capability", "kind"),
        [(Capability.THEMES, ChoiceKind.THEME), (Capability.TRACKING, ChoiceKind.TRACKING)],
    )
    def test_an_unclaimed_list_is_empty(
        self, provider: AccountingProvider, capability: Capability, kind: ChoiceKind
    ) -> None:
        """The page shows a field only when its capability is claimed."""
        need_unclaimed(provider, capability)
        assert not provider.choices(kind), f"choices({kind.name}) has entries: claim {capability.name} or give none."

    @pytest.mark.parametrize("kind", [None, *DocumentKind])
    def test_a_web_address_is_made_without_a_call(
        self, provider: AccountingProvider, context: ProviderContext, known_party: str, kind: DocumentKind | None
    ) -> None:
        """Every row of a list has a *View* button."""
        before = _spent(context)
        address = provider.web_url(kind, Ref(known_party))
        assert address is None or address.startswith(("http://", "https://")), (
            f"web_url({kind}) gave {address!r}: an absolute http address, or None where there is nothing to view."
        )
        assert _spent(context) == before, f"web_url({kind}) spent a call; make the address from what is known."


def _spent(context: ProviderContext) -> int:
    """The calls that were spent, where the budget counts them (core.testing.UnlimitedBudget does)."""
    return int(getattr(context.budget, "spent", 0))
