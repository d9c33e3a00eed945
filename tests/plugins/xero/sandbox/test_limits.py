"""Limits, and answers given again under the same key."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from core import ManualClock
from plugins.xero.sandbox import Sandbox, make_sandbox
from plugins.xero.sandbox.limits import Limits
from tests.plugins.xero.sandbox.conftest import Caller


def limited(clock: ManualClock, **allowed: int) -> Caller:
    sandbox = make_sandbox(clock=clock, limits=Limits(**allowed), base_url="http://localhost")
    return Caller(sandbox, sandbox.token()["access_token"], sandbox.tenant_id)


def test_every_answer_tells_what_is_left(clock: ManualClock) -> None:
    caller = limited(clock)
    names = ("X-MinLimit-Remaining", "X-DayLimit-Remaining", "X-AppMinLimit-Remaining")
    for response in (caller.send("GET", "Organisation"), caller.send("GET", "Invoices/none")):
        assert all(name in response.headers for name in names)
    response = caller.send("GET", "Organisation")
    assert [response.headers[name] for name in names] == ["57", "4997", "9997"]


def test_sixty_calls_a_minute_and_then_wait(clock: ManualClock) -> None:
    caller = limited(clock)
    for _ in range(60):
        assert caller.send("GET", "Organisation").status_code == 200
    clock.advance(seconds=20)
    response = caller.send("GET", "Organisation")
    assert response.status_code == 429
    assert response.headers["X-Rate-Limit-Problem"] == "minute"
    assert response.headers["Retry-After"] == "40"
    assert response.headers["X-MinLimit-Remaining"] == "0"
    clock.advance(seconds=40)
    assert caller.send("GET", "Organisation").status_code == 200


def test_the_other_organisation_has_limits_of_its_own(clock: ManualClock) -> None:
    caller = limited(clock, minute=1)
    other = Caller(caller.sandbox, caller.sandbox.token()["access_token"], caller.sandbox.other_tenant_id)
    assert caller.send("GET", "Organisation").status_code == 200
    assert caller.send("GET", "Organisation").status_code == 429
    assert other.send("GET", "Organisation").status_code == 200


def test_a_day_that_is_used_up_says_how_many_hours_to_wait(clock: ManualClock) -> None:
    caller = limited(clock, day=2)
    for _ in range(2):
        caller.send("GET", "Organisation")
    response = caller.send("GET", "Organisation")
    assert response.headers["X-Rate-Limit-Problem"] == "day"
    assert response.headers["Retry-After"] == "86400"
    clock.advance(seconds=86400)
    again = Caller(caller.sandbox, caller.sandbox.token()["access_token"], caller.sandbox.tenant_id)
    assert again.send("GET", "Organisation").status_code == 200


def test_the_app_has_a_limit_over_all_organisations(clock: ManualClock) -> None:
    caller = limited(clock, app_minute=1)
    other = Caller(caller.sandbox, caller.sandbox.token()["access_token"], caller.sandbox.other_tenant_id)
    caller.send("GET", "Organisation")
    assert other.send("GET", "Organisation").headers["X-Rate-Limit-Problem"] == "appminute"


def test_only_five_calls_at_once(clock: ManualClock) -> None:
    caller = limited(clock)
    inside, go_on = threading.Semaphore(0), threading.Event()

    def wait(seconds: float) -> None:
        inside.release()
        assert go_on.wait(10)

    caller.sandbox.pause = wait
    caller.sandbox.faults.add("slow", times=5)
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(caller.send("GET", "Organisation").status_code))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert inside.acquire(timeout=10)
    sixth = caller.send("GET", "Organisation")
    go_on.set()
    for thread in threads:
        thread.join()
    assert (sixth.status_code, sixth.headers["X-Rate-Limit-Problem"]) == (429, "concurrent")
    assert statuses == [200] * 5
    assert caller.send("GET", "Organisation").status_code == 200


def test_calls_that_are_not_of_an_organisation_are_not_counted(clock: ManualClock) -> None:
    caller = limited(clock, minute=1)
    for _ in range(3):
        assert caller.send("GET", "/connections").status_code == 200
    assert caller.send("GET", "Organisation").status_code == 200


# The same answer again


def put(caller: Caller, key: str, name: str, **query: Any) -> Any:
    body = {"Contacts": [{"Name": name}]}
    return caller.send("PUT", "Contacts", body, headers={"Idempotency-Key": key}, **query)


def named(sandbox: Sandbox, name: str) -> int:
    return sum(row["Name"] == name for row in sandbox.records("Contacts"))


def test_the_same_key_gives_the_same_answer_and_writes_once(xero: Caller) -> None:
    first, second = put(xero, "k1", "Once"), put(xero, "k1", "Once")
    assert first.content == second.content
    assert named(xero.sandbox, "Once") == 1


def test_an_error_is_remembered_too(xero: Caller) -> None:
    name = "Harbour Coffee Roasters Ltd"
    first = put(xero, "k1", name)
    xero.sandbox.deeds.rename_contact(xero.sandbox.contact_id(name), "Harbour")
    assert (first.status_code, put(xero, "k1", name).content) == (400, first.content)
    assert put(xero, "k2", name).status_code == 200


def test_the_same_key_with_another_request_is_refused(xero: Caller) -> None:
    put(xero, "k1", "Once")
    assert put(xero, "k1", "Twice").status_code == 400
    assert put(xero, "k1", "Once", summarizeErrors="false").status_code == 400
    assert named(xero.sandbox, "Twice") == 0


def test_a_key_is_forgotten_after_six_minutes(xero: Caller, clock: ManualClock) -> None:
    put(xero, "k1", "Once")
    clock.advance(seconds=359)
    assert put(xero, "k1", "Once").status_code == 200
    clock.advance(seconds=1)
    assert put(xero, "k1", "Once").status_code == 400  # the name exists by now


def test_a_key_of_more_than_128_characters_is_refused(xero: Caller) -> None:
    assert put(xero, "k" * 128, "Fits").status_code == 200
    assert put(xero, "k" * 129, "Does not").status_code == 400


def test_keys_do_not_matter_for_reading(xero: Caller) -> None:
    for path in ("Contacts", "Accounts"):
        assert xero.send("GET", path, headers={"Idempotency-Key": "k1"}).status_code == 200


@pytest.mark.parametrize("many", [8])
def test_one_key_sent_many_times_at_once_writes_once(xero: Caller, many: int) -> None:
    xero.sandbox.limits.concurrent = many
    barrier, answers = threading.Barrier(many), []

    def send() -> None:
        barrier.wait()
        answers.append(put(xero, "k1", "Once").content)

    threads = [threading.Thread(target=send) for _ in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == many
    assert len(set(answers)) == 1
    assert named(xero.sandbox, "Once") == 1
