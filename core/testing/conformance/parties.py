"""Checks of parties: search, read, make, change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.contract.errors import NotFound, Rejected, Stale
from core.contract.provider import AccountingProvider, ProviderContext
from core.contract.values import Capability, NewParty, Party, PartyState, Ref
from core.testing.conformance.fixtures import ConformanceFixtures
from core.testing.conformance.helpers import (
    all_changes,
    expect,
    expect_unsupported,
    find_parties,
    made_or_taken,
    missing,
    need,
    new_key,
    no_complaints,
    sample_party,
    tick,
    walk_pages,
)
from core.testing.conformance.wellformed import party_complaints


class PartyChecks(ConformanceFixtures):
    """Customers and suppliers as the core finds, reads, makes and changes them."""

    def test_every_party_is_well_formed(self, provider: AccountingProvider, known_party: str, broad_text: str) -> None:
        """Names, states, currencies and moments as the contract has them."""
        parties = [provider.get_party(known_party), *find_parties(provider, broad_text)]
        no_complaints("search_parties", [words for party in parties for words in party_complaints(party)])

    def test_get_party_gives_the_party_that_was_asked_for(self, provider: AccountingProvider, known_party: str) -> None:
        """By the id that its Ref carries."""
        found = provider.get_party(known_party).ref.id
        assert found == known_party, (
            f"get_party({known_party!r}) gave {found!r}: the id asked for is the id of its Ref."
        )

    @pytest.mark.parametrize("strange", ["", "no such thing", "../organisation", "'; --"])
    def test_a_strange_id_is_not_found(self, provider: AccountingProvider, unknown_id: str, strange: str) -> None:
        """Addresses are typed, links grow old: an id that nobody has is `NotFound`, whatever it looks like."""
        expect(
            f"get_party({strange or unknown_id!r})",
            "Raise NotFound for an id the system does not know; check its shape before it goes into an address.",
            NotFound,
            lambda: provider.get_party(strange or unknown_id),
        )

    def test_a_search_finds_by_part_of_the_name_in_any_case(
        self, provider: AccountingProvider, known_party: str
    ) -> None:
        """People type a word of the name."""
        party = provider.get_party(known_party)
        word = max(party.name.split(), key=len)
        for text in (party.name, word, word.lower(), word.upper()):
            found = [other.ref.id for other in find_parties(provider, text)]
            assert known_party in found, (
                f"search_parties({text!r}) does not find {party.name!r}. Look for the text anywhere in the name, "
                "in any case, on every page."
            )

    def test_a_search_finds_by_email(self, provider: AccountingProvider, known_party: str) -> None:
        """People paste an address."""
        email = provider.get_party(known_party).email
        if not email:
            pytest.skip("the known party has no e-mail")
        found = [other.ref.id for other in find_parties(provider, email)]
        assert known_party in found, f"search_parties({email!r}) does not find its owner: look in e-mail addresses too."

    @pytest.mark.parametrize("text", ["zqxj no such name vwk", "%", "' OR 1==1 --", '" OR "1"=="1', "🦉🦉🦉", "\\"])
    def test_a_strange_text_finds_nothing_and_breaks_nothing(self, provider: AccountingProvider, text: str) -> None:
        """What is typed is a text, never a pattern or part of a query."""
        found = [party.name for party in find_parties(provider, text) if text not in party.name + party.email]
        assert not found, (
            f"search_parties({text!r}) found {found[:3]}, which do not hold the text. Send it as a text: "
            "escape it, or look for it yourself."
        )

    def test_a_search_gives_every_party_once_over_all_pages(
        self, provider: AccountingProvider, broad_text: str
    ) -> None:
        """Following the cursors to the end meets everybody, and nobody twice."""
        ids = [party.ref.id for party in find_parties(provider, broad_text)]
        twice = {ident for ident in ids if ids.count(ident) > 1}
        assert not twice, (
            f"search_parties: {sorted(twice)[:5]} came twice. A page begins after the end of the one before."
        )
        if Capability.CHANGES not in provider.capabilities():
            return
        text = broad_text.casefold()
        parties = [change.party for change in all_changes(provider, None) if change.party]
        wanted = [
            party.ref.id
            for party in parties
            if text in f"{party.name}\n{party.email}".casefold() and party.state is PartyState.ACTIVE
        ]
        lost = missing(wanted, set(ids))
        assert not lost, f"search_parties({broad_text!r}) never gave {lost}. Do not end before the last page is given."

    def test_active_parties_come_first_on_a_page(self, provider: AccountingProvider, broad_text: str) -> None:
        """An archived party is rarely the one that is looked for."""
        for page in walk_pages("search_parties", lambda c: provider.search_parties(broad_text, cursor=c)):
            states = [party.state is PartyState.ARCHIVED for party in page]
            assert states == sorted(states), (
                "search_parties: an archived party stands before an active one; sort them last."
            )

    def test_a_party_is_made_with_every_field(self, provider: AccountingProvider) -> None:
        """What the user saw in the form is what the system has."""
        need(provider, Capability.PARTIES_CREATE)
        new = sample_party()
        made = provider.create_party(new, key=new_key())
        read = provider.get_party(made.ref.id)
        for name in ("name", "first_name", "last_name", "email", "phone", "city", "postal_code"):
            told = getattr(read, name)
            assert told == getattr(new, name), (
                f"create_party: {name} was {getattr(new, name)!r} and reads {told!r}. Send and map "
                "every field of NewParty."
            )
        assert read.state is PartyState.ACTIVE, "create_party: a new party must be ACTIVE."

    def test_the_number_of_a_record_is_kept_where_that_is_claimed(self, provider: AccountingProvider) -> None:
        """A party that carries our record's number is found again whatever becomes of its name."""
        need(provider, Capability.PARTIES_CREATE)
        need(provider, Capability.PARTY_RECORD_REF)
        ref = f"organizations/{new_key()[:8]}"
        made = provider.create_party(replace(sample_party(), record_ref=ref), key=new_key())
        told = provider.get_party(made.ref.id).record_ref
        assert told == ref, f"create_party: record_ref was {ref!r} and reads {told!r}. Send and map it."
        if Capability.PARTIES_UPDATE in provider.capabilities():
            bare = self._changeable(provider)
            assert bare.record_ref == "", "create_party: record_ref is filled in though none was sent."
            given = provider.update_party(bare, {"record_ref": f"{ref}b"}, key=new_key())
            assert given.record_ref == f"{ref}b", "update_party: record_ref is not taken, though it is claimed."

    def test_the_same_key_makes_one_party(self, provider: AccountingProvider) -> None:
        """A job that is run again must not make a second one, and must not stumble over the first."""
        need(provider, Capability.PARTIES_CREATE)
        new, key = sample_party(), new_key()
        first = provider.create_party(new, key=key)
        second, _ = made_or_taken(lambda: provider.create_party(new, key=key))
        assert first.ref.id == second.ref.id, (
            "create_party: the same key made two parties. Send `key` as the idempotency key, or remember what it made."
        )

    def test_a_name_that_is_there_is_offered_and_not_overwritten(
        self, provider: AccountingProvider, known_party: str
    ) -> None:
        """Creating must never change the party that has the name."""
        need(provider, Capability.PARTIES_CREATE)
        known = provider.get_party(known_party)
        new = NewParty(known.name, email="other@example.com")
        party, taken = made_or_taken(lambda: provider.create_party(new, key=new_key()))
        if taken:
            assert party.ref.id == known_party, (
                f"create_party: Duplicate.existing is {party.ref.id!r}, the name belongs to {known_party!r}."
            )
        else:  # a system may allow two of a name, but then it must be two
            assert party.ref.id != known_party, (
                "create_party with a name that is there gave the old party. Raise Duplicate with it as `existing`, "
                "and use the system's call that only creates."
            )
        assert provider.get_party(known_party).email == known.email, (
            "create_party with a name that is there changed the old party. Use the call that creates and never updates."
        )

    def test_a_party_without_a_name_is_refused_at_its_field(self, provider: AccountingProvider) -> None:
        """The form shows the refusal where it belongs."""
        need(provider, Capability.PARTIES_CREATE)
        advice = "Raise Rejected with a Problem for the field `name`."
        refused = expect(
            "create_party without a name", advice, Rejected, lambda: provider.create_party(NewParty(""), key=new_key())
        )
        fields = [problem.field for problem in getattr(refused, "problems", ())]
        assert "name" in fields, f"create_party without a name: the problems are at {fields}. {advice}"

    def test_only_the_changed_fields_of_a_party_change(
        self, provider: AccountingProvider, context: ProviderContext
    ) -> None:
        """Fields are copied one by one; the others stay."""
        made = self._changeable(provider)
        tick(context)
        email = f"new.{made.email}"
        changed = provider.update_party(made, {"email": email, "city": "Picton"}, key=new_key())
        read = provider.get_party(made.ref.id)
        assert (changed.ref.id, read.email, read.city) == (made.ref.id, email, "Picton"), (
            f"update_party: e-mail and city read {read.email!r}, {read.city!r} after the change to {email!r}, 'Picton'."
        )
        for name in ("name", "first_name", "last_name", "phone", "postal_code"):
            assert getattr(read, name) == getattr(made, name), (
                f"update_party changed {name} too, from {getattr(made, name)!r} to {getattr(read, name)!r}. "
                "Send what was asked for and keep the rest; some systems clear what is left out of a group."
            )

    def test_a_party_that_moved_on_is_stale(self, provider: AccountingProvider, context: ProviderContext) -> None:
        """Two people change the same party: the second is told, the first is not overwritten."""
        made = self._changeable(provider)
        if not made.ref.version:
            pytest.skip("the parties of this system carry no version")
        tick(context)
        provider.update_party(made, {"phone": "5550177"}, key=new_key())
        advice = "Compare Ref.version, or send it as the system's lock token, and raise Stale when it moved on."
        update = lambda: provider.update_party(made, {"phone": "5550188"}, key=new_key())  # noqa: E731
        expect("update_party with an old version", advice, Stale, update)
        assert provider.get_party(made.ref.id).phone == "5550177", "update_party raised Stale and wrote all the same."

    def test_a_name_of_somebody_else_is_not_taken(self, provider: AccountingProvider, known_party: str) -> None:
        """Renaming to a name that is there is told with its owner, or allowed; nothing else."""
        made, known = self._changeable(provider), provider.get_party(known_party)
        rename = lambda: provider.update_party(made, {"name": known.name}, key=new_key())  # noqa: E731
        party, taken = made_or_taken(rename)
        owner = known_party if taken else made.ref.id
        assert party.ref.id == owner, (
            f"update_party to a name that is there gave {party.ref.id!r}, not {owner!r}: raise Duplicate with the "
            "owner of the name as `existing`, or give the party that was changed."
        )

    def test_changing_an_unknown_party_is_not_found(self, provider: AccountingProvider, unknown_id: str) -> None:
        """It was removed meanwhile."""
        need(provider, Capability.PARTIES_UPDATE)
        ghost = Party(Ref(unknown_id), "Nobody")
        update = lambda: provider.update_party(ghost, {"phone": "1"}, key=new_key())  # noqa: E731
        expect("update_party of an unknown id", "Raise NotFound.", NotFound, update)

    def test_unclaimed_party_writes_are_unsupported(self, provider: AccountingProvider, known_party: str) -> None:
        """What is not claimed is refused before any call."""
        claimed = provider.capabilities()
        if {Capability.PARTIES_CREATE, Capability.PARTIES_UPDATE} <= claimed:
            pytest.skip("both are claimed")
        known = provider.get_party(known_party)
        if Capability.PARTIES_CREATE not in claimed:
            create = lambda: provider.create_party(sample_party(), key=new_key())  # noqa: E731
            expect_unsupported("create_party", Capability.PARTIES_CREATE, create)
        if Capability.PARTIES_UPDATE not in claimed:
            update = lambda: provider.update_party(known, {"phone": "1"}, key=new_key())  # noqa: E731
            expect_unsupported("update_party", Capability.PARTIES_UPDATE, update)

    def _changeable(self, provider: AccountingProvider) -> Party:
        """A party made for this test, read back; skips where parties cannot be made or changed."""
        need(provider, Capability.PARTIES_UPDATE)
        need(provider, Capability.PARTIES_CREATE)
        return provider.get_party(provider.create_party(sample_party(), key=new_key()).ref.id)
