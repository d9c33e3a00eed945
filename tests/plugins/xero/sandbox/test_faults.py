"""Faults, the log of calls, and the JSON endpoints over both."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from core import ManualClock
from plugins.xero.sandbox import Sandbox, make_sandbox
from plugins.xero.sandbox.faults import KINDS
from tests.plugins.xero.sandbox.conftest import API, HARBOUR, Caller


@pytest.mark.parametrize(
    ("kind", "status", "headers"),
    [
        ("429-minute", 429, {"X-Rate-Limit-Problem": "minute", "Retry-After": "30"}),
        ("429-day", 429, {"X-Rate-Limit-Problem": "day", "Retry-After": "21600"}),
        ("429-concurrent", 429, {"X-Rate-Limit-Problem": "concurrent", "Retry-After": "1"}),
        ("429-app", 429, {"X-Rate-Limit-Problem": "appminute", "Retry-After": "30"}),
        ("503", 503, {"Retry-After": "300"}),
        ("500", 500, {}),
        ("401", 401, {}),
        ("403", 403, {}),
    ],
)
def test_a_fault_answers_in_place_of_xero(xero: Caller, kind: str, status: int, headers: dict[str, str]) -> None:
    xero.sandbox.faults.add(kind, times=1)
    response = xero.send("GET", "Organisation")
    assert response.status_code == status
    assert headers.items() <= {name: response.headers.get(name) for name in headers}.items()
    assert xero.send("GET", "Organisation").status_code == 200


def test_seconds_say_how_long_to_wait(xero: Caller) -> None:
    xero.sandbox.faults.add("429-day", seconds=99)
    assert xero.send("GET", "Organisation").headers["Retry-After"] == "99"


def test_a_fault_stays_until_it_is_cleared(xero: Caller) -> None:
    xero.sandbox.faults.add("503")
    assert [xero.send("GET", "Organisation").status_code for _ in range(3)] == [503] * 3
    xero.sandbox.faults.clear()
    assert xero.send("GET", "Organisation").status_code == 200


def test_a_fault_meets_the_paths_and_methods_it_names(xero: Caller) -> None:
    xero.sandbox.faults.add("503", path=f"{API}/Invoices", method="PUT")
    assert xero.send("GET", "Invoices").status_code == 200
    assert xero.send("PUT", "Invoices", {}).status_code == 503
    assert xero.send("PUT", "Contacts", {"Name": "Fine"}).status_code == 200


def test_a_fault_without_a_path_leaves_the_log_in_alone(xero: Caller) -> None:
    xero.sandbox.faults.add("503")
    assert xero.send("GET", "/connections").status_code == 200
    xero.sandbox.faults.add("503", path="/connections")
    assert xero.send("GET", "/connections").status_code == 503


def test_dropped_before_nothing_was_written(xero: Caller) -> None:
    xero.sandbox.faults.add("drop-before", times=1)
    with pytest.raises(httpx2.RemoteProtocolError):
        xero.send("PUT", "Contacts", {"Name": "Lost"})
    assert "Lost" not in {row["Name"] for row in xero.sandbox.records("Contacts")}


def test_dropped_after_the_write_the_answer_is_lost_and_the_key_gives_it_again(xero: Caller) -> None:
    xero.sandbox.faults.add("drop-after", times=1)
    key = {"Idempotency-Key": "k1"}
    with pytest.raises(httpx2.TransportError):
        xero.send("PUT", "Contacts", {"Name": "Kept"}, headers=key)
    assert xero.sandbox.contact_id("Kept")
    again = xero.send("PUT", "Contacts", {"Name": "Kept"}, headers=key)
    assert again.json()["Contacts"][0]["ContactID"] == xero.sandbox.contact_id("Kept")


def test_a_malformed_answer_is_cut(xero: Caller) -> None:
    xero.sandbox.faults.add("malformed", times=1)
    http = xero.http.get(f"{API}/Organisation", headers=xero.headers)
    assert http.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        http.json()


def test_a_page_of_html_may_come_instead(xero: Caller) -> None:
    xero.sandbox.faults.add("html", times=1)
    http = xero.http.get(f"{API}/Organisation", headers=xero.headers)
    assert http.headers["Content-Type"].startswith("text/html")


def test_slow_waits_for_the_seconds_told(xero: Caller) -> None:
    waited: list[float] = []
    xero.sandbox.pause = waited.append
    xero.sandbox.faults.add("slow", seconds=12)
    assert xero.send("GET", "Organisation").status_code == 200
    assert waited == [12]


def test_a_where_may_be_refused_as_on_large_organisations(xero: Caller) -> None:
    xero.sandbox.faults.add("where-refused")
    assert xero.send("GET", "Invoices", where='Status=="DRAFT"').status_code == 400
    assert xero.send("GET", "Invoices", Statuses="DRAFT").status_code == 200


def test_refreshing_may_fail(xero: Caller) -> None:
    xero.sandbox.faults.add("invalid_grant")
    answer = xero.http.post("/connect/token", data={"grant_type": "refresh_token", "refresh_token": "x"})
    assert answer.json() == {"error": "invalid_grant"}


def test_an_unknown_fault_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="429-minute"):
        sandbox.faults.add("bogus")


def test_the_endpoint_switches_faults_on_and_off(xero: Caller) -> None:
    given = {"kind": "503", "times": 2, "seconds": 7, "path": f"{API}/Invoices", "method": "GET"}
    body: Any = xero.http.post("/sandbox/faults", json=given).json()
    assert body["faults"] == [given]
    assert set(body["kinds"]) == set(KINDS)
    assert xero.send("GET", "Invoices").headers["Retry-After"] == "7"
    assert xero.http.get("/sandbox/faults").json()["faults"][0]["times"] == 1
    assert xero.http.delete("/sandbox/faults").json()["faults"] == []
    assert xero.send("GET", "Invoices").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"{}",
        b'{"kind": "bogus"}',
        b'{"kind": "503", "times": "x"}',
        b'{"kind": "503", "times": []}',
        b'{"kind": "503", "times": 1e999}',
        b'{"kind": "503", "times": 0}',
        b'{"kind": "503", "seconds": "nan"}',
        b'{"kind": "503", "seconds": "inf"}',
        b'{"kind": "slow", "seconds": -1}',
        b'{"kind": "503", "seconds": 1e300}',
        b'{"kind": "503", "path": "\\ud800"}',
        b'{"kind": ' + b"[" * 100_000,
    ],
)
def test_the_endpoint_refuses_what_is_no_fault(xero: Caller, body: bytes) -> None:
    answer = xero.http.post("/sandbox/faults", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert xero.sandbox.faults.all() == []
    assert xero.send("GET", "Organisation").status_code == 200


LEFT = ("X-DayLimit-Remaining", "X-MinLimit-Remaining", "X-AppMinLimit-Remaining")
KINDS_OF_REFUSAL = ["429-minute", "429-day", "429-app", "429-concurrent", "503", "500", "401", "403"]


@pytest.mark.parametrize("kind", [*KINDS_OF_REFUSAL, "html"])
def test_a_fault_tells_what_is_left_of_the_limits(clock: ManualClock, kind: str) -> None:
    sandbox = make_sandbox(clock=clock, base_url="http://localhost")
    caller = Caller(sandbox, sandbox.token()["access_token"], sandbox.tenant_id)
    caller.send("GET", "Organisation")
    sandbox.faults.add(kind, times=1)
    answer = caller.http.get(f"{API}/Organisation", headers=caller.headers)
    left = ["4998", "58", "9998"] if kind == "html" else ["4999", "59", "9999"]
    assert [answer.headers[name] for name in LEFT] == left


def test_a_fault_tells_nothing_of_limits_to_who_is_not_known(xero: Caller) -> None:
    xero.sandbox.faults.add("503")
    answer = xero.http.get(f"{API}/Organisation")
    assert answer.status_code == 503
    assert not set(LEFT) & set(answer.headers)


def test_an_address_that_is_too_long_tells_what_is_left(xero: Caller) -> None:
    answer = xero.send("GET", "Invoices", IDs="x" * 2100)
    assert answer.status_code == 404
    assert all(name in answer.headers for name in LEFT)


def test_calls_are_noted_with_what_was_asked_and_answered(xero: Caller) -> None:
    xero.send("GET", "Invoices", Statuses="DRAFT", page=1)
    xero.send("PUT", "Contacts", {"Contacts": [{"Name": HARBOUR}]}, headers={"Idempotency-Key": "k1"})
    read, write = xero.sandbox.calls.all()
    assert (read.method, read.path, read.query, read.status) == ("GET", f"{API}/Invoices", "Statuses=DRAFT&page=1", 200)
    assert (write.status, json.loads(write.body), json.loads(write.answer)["ErrorNumber"]) == (
        400,
        {"Contacts": [{"Name": HARBOUR}]},
        10,
    )
    assert write.headers["idempotency-key"] == "k1"
    assert write.tenant == xero.sandbox.tenant_id
    assert "authorization" not in write.headers


def test_a_dropped_call_is_noted_too(xero: Caller) -> None:
    xero.sandbox.faults.add("drop-before", times=1)
    with pytest.raises(httpx2.TransportError):
        xero.send("GET", "Organisation")
    call = xero.sandbox.calls.all()[-1]
    assert (call.status, call.fault) == (0, "drop-before")


def test_calls_are_counted_by_path_until_reset(xero: Caller) -> None:
    for _ in range(3):
        xero.send("GET", "Organisation")
    xero.send("GET", "Invoices", Statuses="DRAFT")
    xero.http.get("/")  # a page is no call
    assert xero.sandbox.calls.count() == 4
    assert xero.sandbox.calls.count("GET /api.xro/2.0/Organisation") == 3
    assert xero.sandbox.calls.count("/api.xro/2.0/Inv") == 1
    shown = xero.http.get("/sandbox/calls").json()
    assert (shown["count"], shown["counts"][f"GET {API}/Organisation"], len(shown["calls"])) == (4, 3, 4)
    assert xero.http.delete("/sandbox/calls").json()["calls"] == []
    assert xero.sandbox.calls.count() == 0


def test_secrets_are_not_kept_in_the_log(xero: Caller) -> None:
    xero.http.post("/connect/token", data={"client_id": "ledgertab-demo", "client_secret": "ledgertab-demo-secret"})
    call = xero.sandbox.calls.all()[-1]
    assert (call.body, call.answer) == (b"", b"")
