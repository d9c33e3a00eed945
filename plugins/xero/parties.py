"""Xero's contacts as parties: find, read, make, change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, NoReturn

from core import Duplicate, NewParty, Page, Party, PartyState, Rejected, Stale
from plugins.xero import answers, ids, mapping, outgoing, refusals, structs
from plugins.xero.client import XeroClient
from plugins.xero.listing import CONTACTS, Lists

_SIZE = 100
_PAGES = 5  # looked through for the owner of a name


class Parties:
    """The contacts of one organisation."""

    def __init__(self, client: XeroClient, lists: Lists) -> None:
        self._client = client
        self._lists = lists

    def search(self, text: str, cursor: str | None) -> Page[Party]:
        """Contacts that hold the text, by name; whole, for what is found replaces what the index knew of them."""
        page = ids.page_number(cursor)
        params = {"includeArchived": "true", "order": "Name ASC"}
        if text.strip():
            params["searchTerm"] = outgoing.search_term(text)
        part = self._lists.part(CONTACTS, params, page=page, size=_SIZE)
        items = sorted(part.items, key=lambda party: party.state is PartyState.ARCHIVED)
        return Page(items, None if part.last else str(page + 1))

    def get(self, party_id: str) -> Party:
        """One contact. Raises `NotFound`."""
        return mapping.party(self._contact(party_id))

    def create(self, new: NewParty, key: str) -> Party:
        """Make a contact with PUT: a POST would change the contact that has the name."""
        _check_lengths(asdict(new))
        try:
            return self._write("PUT", "Contacts", outgoing.new_party(new), key)
        except Rejected as refused:
            self._refused(refused, new.name)

    def update(self, party: Party, changes: Mapping[str, str], key: str) -> Party:
        """Change fields of a contact that is still as it was read."""
        _check_lengths(changes)
        contact = self._contact(party.ref.id)
        if party.ref.version and contact.updated_date_utc != party.ref.version:
            raise Stale("This contact was changed in Xero meanwhile.")
        body = {"ContactID": contact.contact_id, **outgoing.party_changes(changes, contact)}
        try:
            return self._write("POST", f"Contacts/{contact.contact_id}", body, key)
        except Rejected as refused:
            self._refused(refused, changes.get("name", ""))

    def _contact(self, party_id: str) -> structs.Contact:
        return self._client.get(f"Contacts/{ids.known(party_id)}", _first)

    def _write(self, method: str, path: str, body: Mapping[str, Any], key: str) -> Party:
        read: Callable[[bytes], Party] = lambda raw: mapping.party(_first(raw))  # noqa: E731
        params = {"summarizeErrors": "true"} if path == "Contacts" else {}
        return self._client.write(
            method, path, read, {"Contacts": [body]}, key=key, params=params, place=refusals.of_party
        )

    def _refused(self, refused: Rejected, name: str) -> NoReturn:
        """Offer the contact that has the name; else say what Xero said."""
        taken = name and refusals.is_duplicate_name([problem.message for problem in refused.problems])
        if taken and (owner := self._called(name)):
            raise Duplicate("Xero has a contact of this name already.", owner, detail=refused.detail) from refused
        raise refused

    def _called(self, name: str) -> Party | None:
        """Who has the name, however capitalised and spaced; an active contact before an archived one."""
        wanted, cursor = _as_compared(name), None
        found: list[Party] = []
        for _ in range(_PAGES):
            page = self.search(" ".join(name.split()), cursor)
            found += [party for party in page.items if _as_compared(party.name) == wanted]
            cursor = page.cursor
            if cursor is None or any(party.state is PartyState.ACTIVE for party in found):
                break
        return min(found, key=lambda party: party.state is not PartyState.ACTIVE, default=None)


def _as_compared(name: str) -> str:
    return " ".join(name.split()).casefold()


def _check_lengths(fields: Mapping[str, str]) -> None:
    problems = refusals.too_long(fields)
    if problems:
        raise Rejected("Some of this is too long for Xero.", problems)


def _first(raw: bytes) -> structs.Contact:
    contacts: answers.Contacts = answers.reader(answers.Contacts)(raw)
    return contacts.contacts[0]
