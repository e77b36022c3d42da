"""What an import costs a row, beside COPY of the very rows that came of it into bare tables.

Three imports of files that were written for it: contacts and subscriptions as the command does them (read and checked
as a whole, then written in one transaction), and contacts as the worker does them (rehearsed, then run, in blocks that
are one transaction each). An import reads text, recognizes values, finds who is there already, obeys the rules of the
object, writes events, and remembers each row; COPY does none of that.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.create import create_account
from kalends.accounts.people import add_member
from kalends.accounts.sql import enter_account
from kalends.bench.bare import copied_out, copy_in, make_bare_tables
from kalends.bench.book import CREATED_AT
from kalends.bench.measure import Meter, Progress, beside, settle_tables
from kalends.crm.schema import account_object
from kalends.imports import carry, runs, sheets
from kalends.imports.guessing import guess
from kalends.imports.load import import_file
from kalends.imports.mapping import read_mapping
from kalends.platform import database
from kalends.platform.scratch import scratch_database

_CONTACTS = "Email,First name,Last name,Phone number,City,Postal code".split(",")
_SUBSCRIPTIONS = "Number,Email,Plan,Price,Interval,Started".split(",")
_MAPS = {
    "contact": """
        object = "contact"
        [columns]
        "Email" = "email"
        "First name" = "firstname"
        "Last name" = "lastname"
        "Phone number" = "phone"
        "City" = "city"
        "Postal code" = "zip"
    """,
    "subscription": """
        object = "subscription"
        key = "Number"
        create_contacts = true
        [columns]
        "Email" = "contact.email"
        "Plan" = "line_item.name"
        "Price" = "line_item.price"
        "Interval" = "hs_recurring_billing_frequency"
        "Started" = "hs_recurring_billing_start_date"
    """,
}
_WRITTEN = {
    "contact": ("contact", "event"),
    "subscription": ("contact", "subscription", "line_item", "event", "revenue_movement"),
    "worker": ("contact", "event", "import_row"),
}


class _Case(NamedTuple):
    name: str
    written: tuple[str, ...]
    run: Callable[[Connection[Any], AccountContext, Path, Progress], object]
    file: Path


def bench_imports(rows: int, progress: Progress = lambda step, done: None) -> dict[str, Any]:
    """Write files, import them, and let COPY write what came of it once more; returns the figures of each import.

    Everything happens in a database and a folder of its own, which are thrown away afterwards.
    """
    with (
        scratch_database("kalends_bench"),
        database.connect(autocommit=True) as db,
        TemporaryDirectory(prefix="kalends-bench-") as place,
    ):
        folder = Path(place)
        contacts = _file(folder / "contacts.csv", _CONTACTS, map(_contact, range(rows)))
        subscriptions = _file(folder / "subscriptions.csv", _SUBSCRIPTIONS, map(_subscription, range(rows)))
        cases = (
            _Case("contacts, by command", _WRITTEN["contact"], _command("contact"), contacts),
            _Case(
                "subscriptions, by command", _WRITTEN["subscription"], _command("subscription"), subscriptions
            ),
            _Case("contacts, by the worker", _WRITTEN["worker"], _worker, contacts),
        )
        measured = [_measure(db, case, rows, progress) for case in cases]
    return {"rows": rows, "imports": measured}


def _measure(db: Connection[Any], case: _Case, rows: int, progress: Progress) -> dict[str, Any]:
    ctx = create_account(
        db, name=case.name, time_zone="Europe/Oslo", currency="EUR", now=CREATED_AT, clock_at=CREATED_AT
    )
    enter_account(db, ctx.id)
    settle_tables()
    meter = Meter()
    with meter.running():
        case.run(db, ctx, case.file, lambda step, done: progress(f"{case.name}, {step}", done))
    main = case.written[1] if "subscription" in case.written else "contact"
    found = db.execute(f"SELECT count(*) FROM {main} WHERE account_id = %s", [ctx.id]).fetchone()  # type: ignore[arg-type]
    assert found == (rows,), f"{case.name}: {found} instead of {rows}"
    with database.connect(as_owner=True, autocommit=True) as owner:
        enter_account(owner, ctx.id)
        owner.execute("DROP SCHEMA IF EXISTS bare CASCADE")
        make_bare_tables(owner, case.written)
        floor = copy_in(owner, copied_out(owner, ctx.id, case.written))
    return {"import": case.name, **beside(rows, meter.wall, floor, meter)}


def _command(name: str) -> Callable[[Connection[Any], AccountContext, Path, Progress], object]:
    def run(db: Connection[Any], ctx: AccountContext, path: Path, progress: Progress) -> object:
        described = path.with_suffix(".toml")
        described.write_text(_MAPS[name])
        outcome = import_file(db, ctx, path, read_mapping(described), progress=progress)
        assert outcome.written, [str(each) for each in outcome.problems.in_order()[:5]]
        return outcome

    return run


def _worker(db: Connection[Any], ctx: AccountContext, path: Path, progress: Progress) -> None:
    """What happens between giving a file on the page and its end: it is looked at, rehearsed and run."""
    user: Any = get_user_model().objects.create(email="benchmark@bench.example", name="Benchmark")
    add_member(db, ctx.id, user.id, "admin")
    shape = sheets.guess_shape(path)
    obj = account_object(db, ctx, "contact")
    plan = guess(db, ctx, obj, shape, sheets.headings(path, shape), sheets.sample(path, shape))
    id_ = runs.start(
        db, ctx, plan, name=path.name, user_id=user.id, actor=f"user:{user.id}", now=ctx.now, key=path.name,
        file_size=path.stat().st_size,
    )  # fmt: skip
    for step in ("rehearse", "run"):
        runs.let_begin(db, ctx, id_, step)
        while (one := runs.find(db, ctx, id_)) is not None and one.is_open:
            progress(step, one.rows_done)
            carry.take_turn(db, ctx, path.parent, now=ctx.now)


def _file(path: Path, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        written = csv.writer(file)
        written.writerow(headings)
        written.writerows(rows)
    return path


def _contact(n: int) -> tuple[str, ...]:
    return (f"buyer{n}@bench.example", "Buyer", f"No. {n}", f"+47 {n:08d}", "Oslo", f"{n % 10_000:04d}")


def _subscription(n: int) -> tuple[str, ...]:
    return (f"S-{n}", f"buyer{n}@bench.example", "Fleet Core", f"{19 + n % 40}.00", "monthly", "2026-01-15")
