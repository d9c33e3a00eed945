"""Three years of ordinary trade: what each contact bought or billed, and how late it was paid."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from plugins.xero.sandbox.demo_data import chart
from plugins.xero.sandbox.demo_data.people import HARBOUR, Person, people
from plugins.xero.sandbox.demo_data.writer import Line, Plan
from plugins.xero.sandbox.store import Books

YEARS_OF_DAYS = 3 * 365
SERVICES = (
    ("Coffee consulting, new menu", "210", "640.00"),
    ("Design of counter and signage", "210", "1875.00"),
    ("Fit-out works, progress claim", "220", "4250.00"),
    ("Equipment hire, weekend event", "200", "385.00"),
    ("Repair and descaling", "230", "242.75"),
)
COSTS = (
    ("Power and gas", "445", "412.36"),
    ("Rent of workshop", "469", "2950.00"),
    ("Courier charges", "320", "187.45"),
    ("Cleaning", "429", "260.00"),
    ("Internet and phones", "489", "149.00"),
    ("Insurance instalment", "433", "318.20"),
    ("Accounting services", "412", "575.00"),
    ("Timber and fittings", "300", "846.90"),
    ("Green beans", "310", "1368.00"),
)
REGIONS = ("North Island", "South Island", "Australia", "Overseas")
DEPARTMENTS = ("Equipment", "Fit-out", "Service", "Beans")
ONE, HALF = Decimal(1), Decimal("0.5")


class Trade:
    """Makes the plans of ordinary documents; the same ones for the same day, always."""

    def __init__(self, books: Books, country: str, today: date) -> None:
        self._books, self._country, self._today = books, country, today
        self._items = [item for item in books["Items"].all() if item["IsSold"]]

    def plans(self) -> list[Plan]:
        """Every plan, contact by contact."""
        found: list[Plan] = []
        for person in people(self._country):
            dice = Random(f"{self._country}/{person.name}")  # noqa: S311 - the same figures every time
            if person.name != HARBOUR or self._country != "NZ":
                found += [self._sale(person, rank, dice) for rank in range(person.sales)]
                found += [self._bill(person, rank, dice) for rank in range(person.bills)]
        return found

    def _day(self, person: Person, rank: int, many: int, dice: Random) -> date:
        """Spread evenly over three years, some days to and fro; archived contacts stopped a year ago."""
        first, last = YEARS_OF_DAYS, 400 if person.archived else 1
        step = (first - last) / max(many, 1)
        back = first - int(step * (rank + 0.3 + dice.random() * 0.7))
        return self._today - timedelta(days=max(back, last))

    def _sale(self, person: Person, rank: int, dice: Random) -> Plan:
        day = self._day(person, rank, person.sales, dice)
        due = day + timedelta(days=person.terms)
        abroad = person.currency != self._books.base_currency
        tax = (chart.EXPORT_TAX if abroad else chart.INCOME_TAX)[self._country]
        lines = tuple(self._sold(tax, person, dice) for _ in range(dice.choice((1, 1, 2, 3))))
        status, paid = self._fate(person, day, due, dice)
        return Plan(
            contact=person.name,
            kind="ACCREC",
            day=day,
            due=due,
            lines=lines,
            currency=person.currency,
            status=status,
            paid=paid,
            reference=dice.choice(("", "", f"PO {dice.randrange(1000, 9999)}", "As quoted", "Spring order")),
            amounts=dice.choice(("Exclusive", "Exclusive", "Exclusive", "Inclusive")),
            rank=rank,
            theme=dice.choice(("Standard", "Standard", "Projects")),
        )

    def _bill(self, person: Person, rank: int, dice: Random) -> Plan:
        day = self._day(person, rank, person.bills, dice)
        due = day + timedelta(days=person.terms)
        abroad = person.currency != self._books.base_currency
        tax = "NONE" if abroad else chart.EXPENSE_TAX[self._country]
        text, account, price = COSTS[(rank + len(person.name)) % len(COSTS)]
        amount = Decimal(price) * Decimal(dice.randrange(80, 160)) / 100
        line = Line(text, ONE, amount.quantize(Decimal("0.01")), account, tax)
        status, paid = self._fate(person, day, due, dice)
        return Plan(
            contact=person.name,
            kind="ACCPAY",
            day=day,
            due=due,
            lines=(line,),
            currency=person.currency,
            status=status,
            paid=paid,
            number=f"{person.name[:3].upper().strip()}-{dice.randrange(10_000, 99_999)}",
            rank=100 + rank,
        )

    def _sold(self, tax: str, person: Person, dice: Random) -> Line:
        tracking = (("Region", REGIONS[len(person.name) % 4]), ("Department", dice.choice(DEPARTMENTS)))
        if dice.random() < 0.45:
            text, account, price = dice.choice(SERVICES)
            quantity = Decimal(dice.choice(("1", "1", "2", "1.5")))
            return Line(text, quantity, Decimal(price), account, tax, tracking=tracking[: dice.randrange(3)])
        item = dice.choice(self._items)
        details = item["SalesDetails"]
        many = {"CUP-200": (500, 1000, 2500), "ESP-2G": (1,), "ESP-1G": (1,)}.get(item["Code"], (1, 2, 4, 6, 12))
        return Line(
            item["Name"],
            Decimal(dice.choice(many)),
            details["UnitPrice"],
            details["AccountCode"],
            tax,
            item=item["Code"],
            discount=Decimal(dice.choice(("0", "0", "0", "0", "10", "7.5"))),
            tracking=tracking[: dice.randrange(3)],
        )

    def _fate(self, person: Person, day: date, due: date, dice: Random) -> tuple[str, tuple[tuple[int, Decimal], ...]]:
        """The status and the payments: how many days after the date, which share."""
        luck, age = dice.random(), (self._today - day).days
        late = person.late + dice.randrange(-3, 9)
        after = max(1, (due - day).days + late)
        if age < 25 and luck < 0.6:
            return ("DRAFT" if luck < 0.32 else "SUBMITTED"), ()
        if luck > 0.985:
            return "DELETED", ()
        if luck > 0.955:
            return "VOIDED", ()
        if luck < 0.16 and age < 260 and not person.archived:
            return "AUTHORISED", (((late + 9, HALF),) if luck > 0.11 else ())
        if age <= after:
            part = ((max(1, age // 2), HALF),) if luck > 0.8 and age > 4 else ()
            return "AUTHORISED", part
        if luck > 0.87:
            return "AUTHORISED", ((max(1, after // 2), Decimal("0.4")), (after, ONE))
        return "AUTHORISED", ((after, ONE),)
