"""The answers' frame: Xero's envelope around lists, and its three shapes of refusal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import uuid4

from plugins.xero.sandbox.wire import Record, encoded, milliseconds

PROVIDER_NAME = "Ledgertab sandbox"


class Refused(Exception):
    """An answer that is not what was asked for: status, JSON body, further headers."""

    def __init__(self, status: int, body: Record, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(body.get("Detail") or body.get("Message") or body.get("error") or status))
        self.status, self.body, self.headers = status, body, dict(headers or {})


def envelope(now: datetime, name: str, rows: Sequence[object], pagination: Record | None = None) -> bytes:
    """`{Id, Status, ProviderName, DateTimeUTC, pagination, <name>: [...]}` as JSON bytes."""
    frame: Record = {
        "Id": str(uuid4()),
        "Status": "OK",
        "ProviderName": PROVIDER_NAME,
        "DateTimeUTC": f"/Date({milliseconds(now)})/",
    }
    if pagination is not None:
        frame["pagination"] = pagination
    frame[name] = rows
    return encoded(frame)


def problem(status: int, title: str, detail: str, headers: Mapping[str, str] | None = None) -> Refused:
    """The shape of 401, 403, 404, 429 and 503: Type, Title, Status, Detail, Instance."""
    body = {"Type": None, "Title": title, "Status": status, "Detail": detail, "Instance": str(uuid4())}
    return Refused(status, {**body, "Extensions": {}}, headers)


def not_found() -> Refused:
    """404: no such document or endpoint."""
    return problem(404, "Not Found", "The resource you're looking for cannot be found")


def wrong_method(allowed: str) -> Refused:
    """405: this path takes other methods only."""
    return problem(405, "Method Not Allowed", f"Use {allowed}.", {"Allow": allowed})


def unreadable(message: str) -> Refused:
    """400 for a body that is no JSON or holds a value of the wrong kind."""
    text = f"JSON for post data was invalid,{message}"
    return Refused(400, {"ErrorNumber": 14, "Type": "PostDataInvalidException", "Message": text})


def no_data(name: str) -> Refused:
    """400 for a body without anything in it."""
    text = (
        "No data has been processed for this endpoint. "
        f"This endpoint is expecting {name} data to be specifed in the request body."
    )
    return Refused(400, {"ErrorNumber": 17, "Type": "NoDataProcessedException", "Message": text})


def bad_query(message: str) -> Refused:
    """400 for a `where` or an `order` that cannot be understood."""
    return Refused(400, {"ErrorNumber": 16, "Type": "QueryParseException", "Message": message})


def bad_argument(message: str) -> Refused:
    """400 for a query parameter or a header that Xero would not take."""
    return Refused(400, {"ErrorNumber": 10, "Type": "ValidationException", "Message": message, "Elements": []})


def invalid(elements: Sequence[Record]) -> Refused:
    """400 with every element that failed, each with its ValidationErrors."""
    body = {
        "ErrorNumber": 10,
        "Type": "ValidationException",
        "Message": "A validation exception occurred",
        "Elements": list(elements),
    }
    return Refused(400, body)
