"""Looking at what a plugin's provider gives, answers and errors alike, before the core uses it; `guard` asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from core.contract import errors
from core.contract.errors import ProviderError, Unavailable
from core.contract.values import Change, Choice, ChoiceKind, Document, DocumentKind, Page, Party, Problem
from core.contract.wellformed import cleaned, fault, id_fault, which

T = TypeVar("T")

AFTER_TOO_MANY = timedelta(minutes=1)
AFTER_A_FAULT = timedelta(minutes=5)
WINDOWS = ("minute", "day", "concurrent", "app")
KNOWN = (
    errors.ReconnectNeeded,
    errors.Denied,
    errors.NotFound,
    errors.Rejected,
    errors.Duplicate,
    errors.Stale,
    errors.Throttled,
    errors.Unavailable,
    errors.OutcomeUnknown,
    errors.Unsupported,
)


class Malformed(TypeError):
    """An answer that the contract does not know.

    `said` is what is wrong, for any page: no secret, no amount, no number. The text of the error, for the log and for
    who manages plugins, says also which thing it was wrong with.
    """

    def __init__(self, said: str, which: str = "") -> None:
        super().__init__(f"{which}: {said}" if which else said)
        self.said = said


Leave = Callable[[Any, Malformed], None]


@dataclass(frozen=True, slots=True)
class SetAside:
    """A document that a provider told and that could not be read, as far as can be said whose it is."""

    document_id: str
    party_id: str = ""
    kind: DocumentKind | None = None


def checked(value: Any, kind: type[T]) -> T:
    """The value, cleaned. Raises `Malformed` where it is not a well-formed one of `kind`."""
    if wrong := fault(value, kind):
        raise Malformed(wrong, which(value))
    good: T = cleaned(value)
    return good


def each_checked(values: Any, kind: type[T], leave: Leave | None = None) -> Iterator[T]:
    """The values of a list, tuple, set or generator, each looked at as it comes. Raises `Malformed`.

    `leave` hears of each that is wrong: it raises, or the value is left out.
    """
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        raise Malformed(f"{type(values).__name__} where a list of {kind.__name__} belongs")
    return _sifted(values, kind, leave) if leave else (checked(one, kind) for one in values)


def _sifted(values: Iterable[Any], kind: type[T], leave: Leave) -> Iterator[T]:
    for one in values:
        try:
            good = checked(one, kind)
        except Malformed as wrong:
            leave(one, wrong)
        else:
            yield good


def all_checked(values: Any, kind: type[T], leave: Leave | None = None) -> list[T]:
    """The same at once."""
    return list(each_checked(values, kind, leave))


def choices_checked(values: Any, asked: ChoiceKind, leave: Leave) -> list[Choice]:
    """The entries of one kind. Raises `Malformed`, also where none of them can be read."""
    left: list[tuple[Any, Malformed]] = []
    found = all_checked(values, Choice, lambda one, wrong: left.append((one, wrong)))
    if left and not found:
        raise left[0][1]
    for one, wrong in left:
        leave(one, wrong)
    if any(one.kind is not asked for one in found):
        raise Malformed("choices() gave a kind that was not asked for")
    return found


def set_aside(value: Any) -> SetAside | None:
    """Which document a wrong answer is; None where it is none, or has no id to know it by when it is told again."""
    document = value.document if isinstance(value, Change) else value
    if not isinstance(document, Document):
        return None
    ident: Any = getattr(document.ref, "id", None)
    party: Any = document.party_id
    kind: Any = document.kind
    if not _is_id(ident):
        return None
    return SetAside(ident, party if _is_id(party) else "", kind if isinstance(kind, DocumentKind) else None)


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and not id_fault("id", value)


def page_checked(page: Any, kind: type[T], asked: str | None, leave: Leave | None = None) -> Page[T]:
    """The page. Raises `Malformed`, also where the cursor is the one that was asked with: that walk has no end."""
    if not isinstance(page, Page):
        raise Malformed(f"{type(page).__name__} where a Page belongs")
    cursor: Any = page.cursor
    if cursor is not None and (not isinstance(cursor, str) or not cursor):
        raise Malformed("Page: cursor is a text, or None at the end")
    if cursor is not None and cursor == asked:
        raise Malformed("Page: the cursor is the one that was asked with, so that the list would never end")
    return Page(all_checked(page.items, kind, leave), cursor)


def unlike(documents: Iterable[Document]) -> Iterator[Document]:
    """The documents; `Malformed` where one id stands for two kinds, for each is kept by its id alone."""
    kinds: dict[str, DocumentKind] = {}
    for document in documents:
        if kinds.setdefault(document.ref.id, document.kind) is not document.kind:
            raise Malformed("one id stands for documents of two kinds: put the kind into Ref.id", which(document))
        yield document


def tidied(error: ProviderError, now: datetime | None = None) -> ProviderError:
    """An error of the contract with the attributes it should have, whatever the provider put there."""
    message: Any = error.message
    detail: Any = error.detail
    error.message = cleaned(message) if isinstance(message, str) and message else type(error).__name__
    error.detail = cleaned(detail) if isinstance(detail, str) else ""
    if not isinstance(error, KNOWN):
        return Unavailable(error.message, now and now + AFTER_A_FAULT, detail=error.detail)
    if isinstance(error, errors.Throttled | errors.Unavailable):
        _tidy_until(error, now)
    elif isinstance(error, errors.Rejected):
        error.problems = tuple(cleaned(one) for one in error.problems if not fault(one, Problem))
    elif isinstance(error, errors.Duplicate) and fault(error.existing, Party):
        return errors.Rejected(error.message, detail=error.detail)
    return error


def _tidy_until(error: Any, now: datetime | None) -> None:
    """Until when to wait: an aware datetime. What is none becomes a pause from now; too many calls need one anyhow."""
    too_many = isinstance(error, errors.Throttled)
    if too_many and error.window not in WINDOWS:
        error.window = "minute"
    if error.until is None and not too_many:
        return
    if not isinstance(error.until, datetime) or error.until.utcoffset() is None:
        error.until = now and now + (AFTER_TOO_MANY if too_many else AFTER_A_FAULT)


def said(error: Exception) -> str:
    """What may be shown of an unexpected error: our own words, else its class, for its text may hold a secret."""
    return error.said if isinstance(error, Malformed) else type(error).__name__


def checked_bytes(value: Any) -> bytes:
    """The bytes. Raises `Malformed`."""
    if not isinstance(value, bytes):
        raise Malformed(f"attachment() gave {type(value).__name__}, not bytes")
    return value


def is_address(value: Any) -> bool:
    """Whether a value is an absolute http address."""
    return isinstance(value, str) and value.startswith(("https://", "http://"))
