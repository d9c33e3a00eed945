"""Finding the records that rows mean: those they link to, and those they are duplicates of; in sets, not row by row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from core.db import among
from core.duplicates import keys as match_keys
from core.duplicates.models import WIDTH, MatchKey
from core.records.hiding import WITH
from core.records.models import MODELS, Contact, Opportunity, Organization, Project
from core.records.sorting import by_text

# What is folded and indexed in this way by `core.records.models`.
_INDEXED: dict[Any, Any] = {model.name: func.lower(model.name) for model in (Organization, Opportunity, Project)}
_INDEXED |= {column: by_text(column).columns[0] for column in (Contact.email, Organization.email)}

AT_ONCE = 50  # of more names PostgreSQL expects so many rows that it reads the whole table instead of the index

Key = tuple[str, ...]
Found = dict[str, list[int]]
_PREFIXES = ("", "http://", "https://", "www.", "http://www.", "https://www.")


def linked(session: Session, kind: str, names: Iterable[str]) -> Found:
    """The ids of records by what they are called, in small letters; contacts by their e-mail address, too."""
    wanted = _spellings(names)
    if not wanted:
        return {}
    found: Found = {}
    if kind == "contacts":
        whole = func.trim(Contact.first_name + " " + Contact.last_name)
        _gather(session, found, Contact.id, whole, {name for name in wanted if "@" not in name})
        _gather(session, found, Contact.id, Contact.email, {name for name in wanted if "@" in name})
    else:
        model: Any = MODELS[kind]
        _gather(session, found, model.id, model.name, wanted)
    return found


def same(session: Session, kind: str, keys: Iterable[Key]) -> dict[Key, int]:
    """The record that each key belongs to, of several the oldest; see `keys_of`."""
    wanted = set(keys)
    found: dict[Key, int] = {}
    if kind == "contacts":
        _by_email(session, found, _of(wanted, "email"))
        _by_name_and_phone(session, found, [key for key in wanted if key[0] == "who"])
    elif kind == "organizations":
        _by_column(session, found, "name", Organization.id, Organization.name, _of(wanted, "name"))
        _by_column(session, found, "email", Organization.id, Organization.email, _of(wanted, "email"))
        _by_website(session, found, _of(wanted, "site"))
    else:
        _by_name_and_organization(session, found, MODELS[kind], wanted)
    return {key: number for key, number in found.items() if key in wanted}


def _by_email(session: Session, found: dict[Key, int], emails: Iterable[str]) -> None:
    """Contacts by any of their addresses, as the search for duplicates keeps them."""
    written: dict[str, list[str]] = {}
    for email in emails:
        written.setdefault(email.lower()[:WIDTH], []).append(email)
    mine = (MatchKey.kind == "contacts", MatchKey.what == "email")
    rows = _rows(session, select(MatchKey.record_id, MatchKey.value).where(*mine), MatchKey.value, written)
    for number, value in sorted(rows, key=lambda row: row[0]):
        for email in written[value]:
            found.setdefault(("email", email), number)


def _by_name_and_phone(session: Session, found: dict[Key, int], wanted: Sequence[Key]) -> None:
    """Contacts by name and any of their numbers, as the search for duplicates keeps them."""
    phone, name = aliased(MatchKey), aliased(MatchKey)
    query = select(phone.record_id, name.value, phone.value).where(
        *(phone.kind == "contacts", phone.what == "phone"),
        *(name.record_id == phone.record_id, name.kind == "contacts", name.what == "name"),
    )
    for number, called, digits in sorted(_rows(session, query, phone.value, {key[2] for key in wanted})):
        found.setdefault(("who", called, digits), number)


def _rows(session: Session, query: Any, column: Any, wanted: Iterable[str]) -> list[Any]:
    """The rows of a query whose column is one of these texts; on PostgreSQL some of them at a time."""
    values = sorted(wanted)
    at_once = AT_ONCE if session.get_bind().dialect.name == "postgresql" else max(1, len(values))
    pieces = (values[start : start + at_once] for start in range(0, len(values), at_once))
    return [row for piece in pieces for row in session.execute(query.where(among(column, piece)))]


def keys_of(kind: str, values: Mapping[str, Any], organization: str) -> list[Key]:
    """By what a record is known again: contacts by e-mail, the first or a further one, and where a row has none by name
    and phone; organizations by name, website's domain and e-mail; opportunities and projects by name and `organization`
    (its id as text, or the name of one to be made).
    """
    if kind in ("opportunities", "projects"):
        return [("of", _small(values.get("name")), organization)] if values.get("name") else []
    keys: list[Key] = [("email", _small(values.get("email")))]
    if kind == "contacts" and not keys[0][1]:
        return who_of(values)
    if kind == "organizations":
        keys = [("name", _small(values.get("name"))), ("site", host_of(str(values.get("website") or ""))), *keys]
    return [key for key in keys if key[1]]


def who_of(values: Mapping[str, Any]) -> list[Key]:
    """The name and the phone of a contact as one key, where it has both."""
    found = dict(match_keys.keys_of("contacts", {**values, "phones": [values.get("phone") or ""]}))
    return [("who", found["name"][:WIDTH], found["phone"])] if {"name", "phone"} <= found.keys() else []


def host_of(website: str) -> str:
    """The domain of a web address, without ``www.``; nothing for what is none."""
    try:
        host = urlsplit(website if "://" in website else f"https://{website}").hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")


def _small(value: Any) -> str:
    return str(value or "").casefold()


def _of(keys: Iterable[Key], what: str) -> list[str]:
    return [key[1] for key in keys if key[0] == what]


def _spellings(names: Iterable[str]) -> set[str]:
    """Names as a database may lower them: PostgreSQL all letters, SQLite A to Z only and others as they were written,
    which is mostly small, large, or large where a word begins.
    """
    found: set[str] = set()
    for name in names:
        found.add(name.lower())
        if not name.isascii():
            written = (name, name.lower(), name.upper(), name.title())
            found |= {"".join(char.lower() if char.isascii() else char for char in one) for one in written}
    return found


def _gather(session: Session, found: Found, number: Any, column: Any, wanted: Iterable[str]) -> None:
    """Records whose column is one of these names, however capitalised.

    By the index that lists are sorted by, where there is one. Without one first with what is in the bin, so that a
    database can answer from the column's own index alone, then without.
    """
    names, folded = sorted(wanted), _INDEXED.get(column)
    if folded is not None:
        for row in sorted(_rows(session, select(number, column), folded, names)):
            found.setdefault(_small(row[1]), []).append(row[0])
        return
    query = select(number, column).where(func.lower(column).in_(names))
    rows = list(session.execute(query, execution_options=WITH).all()) if names else []
    ids = {row[0] for row in rows}
    alive = set(session.scalars(select(number).where(number.in_(ids)))) if ids else set()
    for row in sorted(row for row in rows if row[0] in alive):
        found.setdefault(_small(row[1]), []).append(row[0])


def _by_column(
    session: Session, found: dict[Key, int], what: str, number: Any, column: Any, names: Sequence[str]
) -> None:
    rows: Found = {}
    _gather(session, rows, number, column, _spellings(names))
    found.update({(what, name): ids[0] for name, ids in rows.items()})


def _by_website(session: Session, found: dict[Key, int], hosts: Sequence[str]) -> None:
    spelt = {f"{prefix}{host}{slash}" for host in hosts for prefix in _PREFIXES for slash in ("", "/")}
    rows: Found = {}
    _gather(session, rows, Organization.id, Organization.website, spelt)
    for website, ids in rows.items():
        found.setdefault(("site", host_of(website)), ids[0])


def _by_name_and_organization(session: Session, found: dict[Key, int], model: Any, wanted: Iterable[Key]) -> None:
    names = sorted(_spellings(key[1] for key in wanted))
    if names:
        query = select(model.id, model.name, model.organization_id).where(func.lower(model.name).in_(names))
        for row in session.execute(query.order_by(model.id)):
            found.setdefault(("of", _small(row[1]), str(row[2] or "")), row[0])
