"""Whoever bills, serves or stores is killed at random moments, again and again; in the end it is as if it never was.

The killed processes are real ones: clocks, billing runs, workers, the web server, and PostgreSQL itself, while clients
go on clicking. The moments come from a seed that is printed when something is wrong. `KALENDS_KILLS=500` is the long
form.
"""

from __future__ import annotations

import datetime as dt
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psycopg
import pytest

from kalends.accounts.context import AccountContext, AccountSettings, load_context
from kalends.accounts.create import create_account
from kalends.accounts.people import add_member, add_user
from kalends.accounts.sql import enter_account
from kalends.accounts.tokens import create_token
from kalends.payments.processors.registry import AccountProcessors
from kalends.proof.verify import verify
from kalends.proving import compare, once
from kalends.proving.harmless import harmless_environment
from kalends.proving.kills import Killer, Part
from kalends.proving.once import Since
from kalends.proving.server import own_server
from kalends.proving.stage import Stage
from kalends.proving.theater import QUIET, TROUBLED, Theater, Wishes
from tests.business.sales.shop import Shop, item
from tests.conftest import FIRST_MOMENT
from tests.simulation.clicks import Clicks, held
from tests.world import World

KILLS = int(os.environ.get("KALENDS_KILLS", "20"))
SEED = int(os.environ.get("KALENDS_SEED", "20260301"))
MONTHS = max(2, KILLS // 40)
STAFF = "staff@kalends.test"
SUBSCRIPTIONS = 36
POOL = 6
"""How many invoices and payments staff click on."""


@dataclass
class Book:
    """An account that is billed and clicked on, and a shop of another account.

    The clock of the shop stands: pages of a processor are there for a day, and the other account's days pass within
    seconds.
    """

    account: int
    shop: int
    token: str
    links: list[str]
    invoices: list[int]
    payments: list[int]


@pytest.fixture
def theater(tmp_path: Path) -> Iterator[Theater]:
    """A server, a stage, and a book in two copies."""
    tmp_path.chmod(0o711)
    with own_server(tmp_path / "proving") as server:
        environment = _environment(server.folder / "home-stage", server.dsn(QUIET))
        pages = ("kalends.platform.urls", "kalends.platform.wsgi")
        command = (sys.executable, "-P", "-m", "kalends.cli.stage", *pages)
        with Stage(command, environment, server.folder / "told") as stage:
            yield Theater(server, stage, [], Wishes(KILLS, SEED, MONTHS), lambda told: None, MONTHS)


@pytest.mark.simulation
@pytest.mark.timeout(3600)
def test_whoever_is_killed_at_any_moment_everything_is_done_once(theater: Theater) -> None:
    book = _write_book(theater)
    theater.server.clone(QUIET, TROUBLED)
    serve = _server_part(theater)
    with Clicks(serve.environment["KALENDS_PUBLIC_URL"], **vars(book)) as clicks:
        killer = Killer(theater.stage, theater.server, Random(SEED))
        killer.make_trouble(KILLS, lambda: [*theater.parts(), serve], theater.done)
        again = theater.stage.start(*serve.words, environment=serve.environment)
        clicks.end()
        theater.stage.end(again)
    killer.finish(theater.mover(book.account))
    killer.finish(theater.worker(once=True))
    killer.finish(theater.mover(book.account, QUIET))
    killer.finish(theater.worker(QUIET, once=True))

    sys.stderr.write(f"seed {SEED}: {dict(killer.trouble.kills)}, {killer.trouble.started} processes, ")
    done = {name: done.total() for name, done in clicks.done.items()}
    sys.stderr.write(f"{done}, {clicks.sent_again} sent again\n")
    assert killer.trouble.total >= KILLS
    assert killer.trouble.faulty == []
    assert clicks.problems == []
    with theater.connect(QUIET) as quiet, theater.connect(TROUBLED) as troubled:
        enter_account(quiet, book.account)
        with _world(theater, troubled, book.account) as world:
            _as_if_it_never_was(quiet, troubled, theater, book.account)
            _every_click_once(world, clicks)
            assert verify(world.db, world.ctx, processors=world.processors).differences == []
        with _world(theater, troubled, book.shop) as shop:
            _every_purchase_once(shop, clicks)
            assert verify(shop.db, shop.ctx, processors=shop.processors).differences == []
    assert all(done.total() for done in clicks.done.values()), "Somebody never got an answer."


def _as_if_it_never_was(
    quiet: psycopg.Connection, troubled: psycopg.Connection, theater: Theater, account: int
) -> None:
    since = Since(account, theater.began[account])
    for finding in (
        once.invoices_once(troubled, since),
        once.charges_once(troubled, since),
        once.letters_once(troubled, since),
        once.nothing_half_done(troubled, since),
        compare.same_invoices(quiet, troubled, since),
        compare.same_schedules(quiet, troubled, since),
    ):
        assert finding.looked_at > 0, finding
        assert finding.holds, "\n".join([f"{finding.question} No: {finding.wrong}", *finding.first])
    rows = troubled.execute(
        "SELECT substr(number, 5)::int FROM invoice WHERE account_id = %s ORDER BY 1", [account]
    ).fetchall()
    assert [row[0] for row in rows] == list(range(1001, 1001 + len(rows)))


def _every_click_once(world: World, clicks: Clicks) -> None:
    """Each answered request is in the books once, and nothing is there that nobody asked for."""
    assert held(
        world,
        "SELECT last_name, count(*) FROM contact WHERE account_id = %s AND first_name LIKE 'Program%%' GROUP BY 1",
    ) == dict(clicks.done["contacts"])
    assert held(
        world,
        "SELECT invoice_id, sum(amount_minor) / 1000 FROM payment "
        "WHERE account_id = %s AND reference_number LIKE 'click%%' GROUP BY 1",
    ) == dict(clicks.done["recorded"])
    assert held(
        world,
        "SELECT payment_id, sum(amount_minor) / 10 FROM refund WHERE account_id = %s AND status = 'succeeded' "
        "AND reason LIKE 'click%%' GROUP BY 1",
    ) == dict(clicks.done["refunded"])


def _every_purchase_once(shop: World, clicks: Clicks) -> None:
    """Who saw that they had paid has one paid invoice, and the processor charged each buyer once."""
    bought = (
        "SELECT c.email, count(*) FROM contact AS c JOIN invoice AS i ON i.account_id = c.account_id "
        "AND i.contact_id = c.id AND i.status = 'paid' WHERE c.account_id = %s AND c.email LIKE 'buyer.%%' GROUP BY 1"
    )
    charged = (
        "SELECT token, count(*) FROM sandbox_charge WHERE account_id = %s AND status = 'succeeded' GROUP BY 1"
    )
    assert held(shop, bought) == dict(clicks.done["bought"])
    assert sorted(held(shop, charged).values()) == [1] * clicks.done["bought"].total()


def _write_book(theater: Theater) -> Book:
    """Customers who pay by card, by bank debit and by invoice, one day before the trouble."""
    with theater.connect(QUIET) as db:
        ctx, shop = _account(db, "Nordlys Test AS"), _account(db, "Nordlys Butikk AS")
        with _world(theater, db, shop.id) as world:
            for number in range(POOL):
                Shop(world).link(item(f"Setup {number}", "25"))
            keys = world.rows("SELECT public_key FROM payment_link WHERE account_id = %s", shop.id)
            links = [f"/buy/{shop.id}/{key}" for (key,) in keys]
        enter_account(db, ctx.id)
        user = add_user(db, email=STAFF, name="Maja Lindqvist")
        add_member(db, ctx.id, user, "admin")
        token = create_token(db, ctx.id, name="Program", scopes=("all",), now=ctx.now).token
        with _world(theater, db, ctx.id) as world:
            pool = _subscribe(world)
            world.until("2026-01-02")
            invoices = [world.invoices(each, "id")[0] for each in pool["invoice"]]
            payments = world.rows(
                "SELECT id FROM payment WHERE subscription_id = ANY(%s) ORDER BY id", pool["card"]
            )
            theater.accounts = [ctx.id]
            theater.began[ctx.id], theater.zones[ctx.id] = world.ctx.now, ctx.time_zone
    return Book(ctx.id, shop.id, token, links, invoices, [id_ for (id_,) in payments])


def _account(db: psycopg.Connection, name: str) -> AccountContext:
    settings = AccountSettings(
        partial_payments=True, api_requests_per_ten_seconds=0, api_app_requests_per_ten_seconds=0
    )
    return create_account(
        db,
        name=name,
        time_zone="Europe/Oslo",
        currency="EUR",
        country="NO",
        now=FIRST_MOMENT,
        clock_at=FIRST_MOMENT,
        settings=settings,
    )


def _subscribe(world: World) -> dict[str, list[int]]:
    """Subscriptions of every kind; returns those of the first day on which staff may click."""
    pool: dict[str, list[int]] = {"card": [], "invoice": []}
    for number in range(SUBSCRIPTIONS):
        contact = world.customer()
        kind = ("card", "sepa", None)[number % 3]
        outcome = ("approved", "timeout_charged", "timeout_not_charged", "approved")[number // 3 % 4]
        method = None
        if kind == "card":
            method = world.method(contact, outcome)
        elif kind:
            method = world.method(contact, "reports_twice" if number % 2 else "approved", kind=kind)
        start = dt.date(2026, 1, 1) + dt.timedelta(days=number % 28)
        more = {"method": method, "net_terms_days": 0 if method else 900}
        world.subscribe(contact, "49.90", start=start, tax="25", **more)
    for _ in range(POOL):
        contact = world.customer()
        card = world.method(contact)
        pool["card"].append(world.subscribe(contact, "900", method=card))
        pool["invoice"].append(world.subscribe(world.customer(), "90000", net_terms_days=900))
    return pool


@contextmanager
def _world(theater: Theater, db: psycopg.Connection, account: int) -> Iterator[World]:
    database = db.info.dbname
    enter_account(db, account)
    ctx = load_context(db, account, system_now=FIRST_MOMENT)
    with closing(AccountProcessors(lambda: theater.connect(database), account)) as processors:
        yield World(db, ctx, processors)


def _server_part(theater: Theater) -> Part:
    """The web server as it is served everywhere, with somebody of the staff signed in."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = theater.environment(TROUBLED) | {
        "KALENDS_PUBLIC_URL": address,
        "KALENDS_DEMO_SIGN_IN": STAFF,
    }
    return Part("web server", ("serve", "--port", str(port)), environment)


def _environment(home: Path, dsn: str) -> dict[str, str]:
    kept = harmless_environment(home, dsn)
    return {name: value for name, value in kept.items() if name != "KALENDS_TEST_HOME"}
