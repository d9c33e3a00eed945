"""Between the core and a plugin's ways to connect: what `guard` is for providers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from core.contract.answers import Malformed, all_checked, checked, is_address, said, tidied
from core.contract.errors import ProviderError, Unavailable
from core.contract.provider import Authorizer, Field
from core.contract.values import Authorization, Grant, Organisation, Permission

T = TypeVar("T")
Note = Callable[[str, Exception], None]

NOT_CONNECTED = "The connection could not be made: its plugin failed. The log says more."


class GuardedAuthorizer(Authorizer):
    """A way to connect of a plugin, held to the contract."""

    def __init__(self, inner: Authorizer, note: Note) -> None:
        self.key, self.title, self.help = inner.key, inner.title, inner.help
        self._inner = inner
        self._note = note

    def _ask(self, what: str, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except ProviderError as error:
            raise tidied(error) from error.__cause__
        except Exception as error:
            self._note(f"{self.key}.{what}", error)
            raise Unavailable(NOT_CONNECTED, detail=said(error)) from error

    def fields(self) -> Sequence[Field]:
        """What is typed; nothing where the way cannot tell, and then `start` says what is missing."""
        try:
            return all_checked(self._inner.fields(), Field)
        except Exception as error:
            self._note(f"{self.key}.fields", error)
            return ()

    def permissions(self) -> Sequence[Permission]:
        """What is asked for; nothing where the way cannot tell."""
        try:
            return all_checked(self._inner.permissions(), Permission)
        except Exception as error:
            self._note(f"{self.key}.permissions", error)
            return ()

    def start(self, redirect_uri: str, state: str, typed: Mapping[str, str]) -> Authorization | Grant:
        """Where to go, or a grant."""

        def ask() -> Authorization | Grant:
            begun: Any = self._inner.start(redirect_uri, state, typed)
            if isinstance(begun, Grant):
                return checked(begun, Grant)
            if not is_address(checked(begun, Authorization).url):
                raise Malformed("Authorization: url is no http address")
            return checked(begun, Authorization)

        return self._ask("start", ask)

    def finish(
        self, redirect_uri: str, callback: Mapping[str, str], kept: Mapping[str, str]
    ) -> tuple[Grant, Sequence[Organisation]]:
        """The grant and its organisations."""

        def ask() -> tuple[Grant, Sequence[Organisation]]:
            given: Any = self._inner.finish(redirect_uri, callback, kept)
            if not isinstance(given, tuple) or len(given) != 2:
                raise Malformed(f"finish() gave {type(given).__name__} where a Grant and its organisations belong")
            return checked(given[0], Grant), all_checked(given[1], Organisation)

        return self._ask("finish", ask)

    def organisations(self, grant: Grant) -> Sequence[Organisation]:
        """The organisations."""
        return self._ask("organisations", lambda: all_checked(self._inner.organisations(grant), Organisation))

    def lacks(self, scopes: Sequence[str]) -> Mapping[str, str]:
        """The permissions that are missing; none where the way cannot tell."""
        try:
            told: Any = self._inner.lacks(scopes)
            if not isinstance(told, Mapping) or not all(isinstance(one, str) for pair in told.items() for one in pair):
                raise Malformed("lacks() must give a Mapping of texts: the permission, and what will not work")
            return dict(told)
        except Exception as error:
            self._note(f"{self.key}.lacks", error)
            return {}

    def refresh(self, grant: Grant) -> Grant:
        """The newer grant."""
        return self._ask("refresh", lambda: checked(self._inner.refresh(grant), Grant))

    def disconnect(self, grant: Grant, organisation: Organisation, *, last: bool) -> None:
        """Nothing."""
        self._ask("disconnect", lambda: self._inner.disconnect(grant, organisation, last=last))
