"""My day, the start page: what is due, what closes, what changed; and the mail of the morning."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from core import ManualClock
from core.activity.models import Task
from core.activity.reminders import reminders
from core.activity.seed import seed_demo_activity
from core.jobs.periodic import tick
from core.mail.models import Mail
from core.records.seed import seed_demo_records
from core.services import Services
from core.users.models import User
from tests.conftest import Browser, LogIn
from tests.core.activity.test_tasks import add, listed
from tests.core.conftest import Make
from tests.core.pages import words
from tests.databases import NOW

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
TODAY = NOW.date()


def deals(page: Any) -> list[str]:
    return [" ".join(row.get_text(" ").split()) for row in page.html.select("main tbody tr")]


def test_my_day_has_the_tasks_that_are_due_and_a_click_does_one(log_in: LogIn, services: Services) -> None:
    for title, days in (("Late", -2), ("Today's", 0), ("Tomorrow's", 1)):
        add(services, title=title, due_on=TODAY + days * DAY)
    add(services, title="Tom's", assignee_id=3, due_on=TODAY)
    sales = log_in("sales")
    page = sales.get("/")
    assert "Sunday, 22 Nov 2026" in words(page)
    assert listed(page) == ["Late Overdue 2 d", "Today's Today"]
    page = sales.send("/tasks/1/done", {"next": "/"}, status=303).follow()
    assert listed(page) == ["Today's Today"]
    sales.send("/tasks/2/done", {"next": "//evil.example"}, status=303)
    assert "Nothing is due today. One task is open for later." in words(sales.get("/"))
    for path in ("//evil.example", "https://evil.example", "\0"):
        assert sales.send("/tasks/1/reopen", {"next": path}, status=303).location == "http://localhost/"


def test_my_day_has_the_deals_of_two_weeks_mine_or_everybody_s(log_in: LogIn, make: Make) -> None:
    for name, days, owner in (("Late", -5, 2), ("Soon", 14, 2), ("Far", 15, 2), ("Tom's", 3, 3)):
        make("opportunities", name=name, stage="New", close_date=TODAY + days * DAY, owner_id=owner)
    make("opportunities", name="Won already", stage="Won", close_date=TODAY, owner_id=2)
    sales = log_in("sales")
    assert [row.split()[0] for row in deals(sales.get("/"))] == ["Late", "Soon"]
    page = sales.get("/").click("Everybody's")
    assert [row.split()[0] for row in deals(page)] == ["Late", "Tom's", "Soon"]
    assert "Won already" in words(page, "aside")


def test_an_empty_day_teaches(log_in: LogIn) -> None:
    page = words(log_in("sales").get("/"))
    assert "Tasks that are due or overdue will be here" in page
    assert "No opportunity is waiting" in page
    assert "Records that you and others change will be here." in page
    assert log_in("reader").get("/").html.select("main .btn.main") == []


@pytest.mark.slow
def test_the_mail_of_the_morning_names_what_is_due_with_addresses(
    services: Services, make: Make, log_in: LogIn
) -> None:
    mill = make("organizations", name="Old Mill")
    add(services, title="Late", due_on=TODAY - DAY, kind="organizations", record_id=mill)
    add(services, title="Today's", due_on=TODAY)
    add(services, title="Later", due_on=TODAY + DAY, assignee_id=1)
    add(services, title="Done", due_on=TODAY, state="done", assignee_id=1)
    add(services, title="No address", due_on=TODAY, assignee_id=3)
    with services.db.begin() as session:
        session.get_one(User, 3).email = ""
    with services.db.read() as session:
        assert list(reminders(session, NOW + 6 * HOUR, "UTC", "https://crm.example")) == [], "it is not morning yet"
        found = list(reminders(session, NOW + 7 * HOUR, "UTC", "https://crm.example"))
        assert list(reminders(session, NOW + 9 * HOUR, "UTC", "https://crm.example")) == [], "once a day"
    assert [(one.to, one.subject) for one in found] == [("mere@kereru.example", "2 tasks are due")]
    assert found[0].text == (
        "Hello Mere,\n\n2 tasks are due today or overdue.\n\n"
        "- Late (Old Mill), due 21 Nov 2026\n  https://crm.example/tasks/1\n\n"
        "- Today's, due today\n  https://crm.example/tasks/2\n\n"
        "Your day: https://crm.example/\n"
    )
    with services.db.begin() as session:
        for number in range(40):
            session.add(Task(title=f"t{number}", due_on=TODAY, assignee_id=1, created_at=NOW))
    with services.db.read() as session:
        told = next(iter(reminders(session, NOW + 7 * HOUR, "UTC", "https://crm.example"))).text
    assert "and 10 more: https://crm.example/tasks" in told


def test_one_whose_e_mail_is_none_keeps_nobody_else_from_being_reminded(
    services: Services, clock: ManualClock, client: Browser
) -> None:
    with services.db.begin() as session:
        session.get_one(User, 1).email = "nowhere"
        session.get_one(User, 1).login = "ann"
    for number in (1, 2):
        add(services, title="Call", due_on=TODAY, assignee_id=number)
    clock.advance(8 * HOUR)
    tick(services)
    with services.db.read() as session:
        assert len(session.scalars(select(Mail.to)).all()) == 1
    client.send("/forgot", {"who": "ann"}, status=200)


@pytest.mark.slow
def test_people_are_reminded_by_mail_in_the_morning_of_their_own_zone(services: Services, clock: ManualClock) -> None:
    with services.db.begin() as session:
        for number, zone in ((1, "Asia/Dubai"), (2, "Europe/Berlin")):  # 4 and 1 hours before UTC
            session.get_one(User, number).time_zone = zone
    for number in (1, 2):
        add(services, title="Call", due_on=TODAY, assignee_id=number)
    told = []
    for _ in range(8):
        tick(services)
        with services.db.read() as session:
            told.append(len(session.scalars(select(Mail.to)).all()))
        clock.advance(HOUR)
    assert told == [0, 0, 0, 1, 1, 1, 2, 2]


@pytest.mark.slow
def test_the_demo_s_notes_and_tasks_are_made_once_and_seen(
    log_in: LogIn, services: Services, clock: ManualClock
) -> None:
    with services.db.begin() as session:
        assert seed_demo_activity(session, clock) > 0, "without its records it has the tasks about none"
    with services.db.begin() as session:
        session.query(Task).delete()
        seed_demo_records(session, clock)
        made = seed_demo_activity(session, clock)
        assert (made, seed_demo_activity(session, clock)) == (16, 0)
    assert listed(log_in("sales").get("/")) == [
        "Send the decaf sample Overdue 2 d Autumn beans",
        "Ring Ngaire about stage 2 Today Roastery refit, stage 2",
    ]
