"""An account goes out of one installation and into another as it is: row by row, proved on both sides."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kalends.accounts.context import load_context
from kalends.accounts.create import create_account
from kalends.accounts.people import add_user
from kalends.accounts.sql import enter_account
from kalends.billing.hold import find_hold, release_billing
from kalends.billing.run import run_due
from kalends.payments.processors.registry import AccountProcessors
from kalends.platform import database
from kalends.platform.databases_for_tests import fresh_database
from kalends.platform.errors import ExitCode, UserFacing
from kalends.portability.export import export_account
from kalends.portability.hand_over import hand_over
from kalends.portability.people import ACTORS, NUMBERS
from kalends.portability.reader import open_archive
from kalends.portability.restore import Restored, restore
from kalends.portability.schema import schema_of
from kalends.portability.tables import CARRIED, LEFT_BEHIND
from kalends.proof.verify import verify
from tests.conftest import FIRST_MOMENT, Connect
from tests.portability.book import Db, live, members_of, remanifested, repacked, rows_of
from tests.world import World

SRC = Path(__file__).resolve().parents[2] / "src"


def take_in(db: Db, path: Path, progress: Callable[[int, str], None] = lambda rows, doing: None) -> Restored:
    with open_archive(path) as archive:
        return restore(
            db,
            archive,
            connect_as_owner=lambda: database.connect(as_owner=True, autocommit=True),
            now=FIRST_MOMENT,
            actor="cli",
            progress=progress,
        )


def differences(db: Db, account_id: int) -> list[str]:
    ctx = load_context(db, account_id, system_now=FIRST_MOMENT)
    processors = AccountProcessors(database.connect, account_id)
    try:
        return [str(each) for each in verify(db, ctx, processors=processors).differences]
    finally:
        processors.close()


def test_account_moves_row_by_row_and_both_sides_prove_it(world: World, tmp_path: Path, server: str) -> None:
    book = live(world)
    source, archive = world.ctx.id, tmp_path / "out.zip"
    hand_over(world.db, world.ctx, actor="cli")
    export_account(world.db, world.ctx, archive, now=FIRST_MOMENT)
    before = rows_of(world.db, source)
    lines = [json.loads(line) for line in members_of(archive)["tables/app_user.jsonl"].splitlines()]
    people = {each["id"]: each["email"] for each in lines}
    assert differences(world.db, source) == []
    with fresh_database("elsewhere"), database.connect(autocommit=True) as db:
        create_account(db, name="Other", time_zone="UTC", currency="EUR", now=FIRST_MOMENT)
        for number in range(5):
            add_user(db, email=f"other.{number}@elsewhere.test", name="Other")
        kari = add_user(db, email=f"kari.{source}@skarv.test", name="Kari", password_hash="kept")
        done = take_in(db, archive)
        after = rows_of(db, done.ctx.id)
        assert differences(db, done.ctx.id) == []
        _same_rows(before, after, book, db, people, done.ctx.id)
        assert done.invited == [f"aino.{source}@skarv.test"]
        assert db.execute("SELECT password FROM app_user WHERE id = %s", [kari]).fetchone() == ("kept",)
        assert done.ctx.settings.letters == "kept"
        _is_held_until_released(db, done)


def _same_rows(
    before: dict[str, list[str]],
    after: dict[str, list[str]],
    book: dict[str, int],
    db: Db,
    people: dict[int, str],
    number: int,
) -> None:
    """Every row is as it was, but for users' numbers, the account's, and what must not be done twice."""
    numbers = {number: _user(db, address) for number, address in people.items()}
    aino = numbers[book["aino"]]
    assert all(there != here for there, here in numbers.items())
    assert {name for name in _FILLED if not before[name]} == set()
    for name in [*CARRIED, "unique_value"]:
        was, there = [json.loads(each) for each in before[name]], [json.loads(each) for each in after[name]]
        if name == "event":
            assert there.pop()["kind"] == "billing.held"
            was, there = sorted(was, key=_by_id), sorted(there, key=_by_id)
            assert [e["object_id"] for e in there if e["object_type"] == "account"] == [
                number for e in was if e["object_type"] == "account"
            ]
        if name == "subscription":
            (owned,) = [each for each in there if each["id"] == book["paying"]]
            assert (owned["owner_id"], owned["source_id"]) == (aino, f"userId:{aino}")
            assert owned["custom"] == {"meter": "A-17", "seller": str(aino)}
        if name == "segment":
            (found,) = db.execute(
                "SELECT filter #>> '{groups,0,0,values,0}' FROM segment WHERE account_id = %s", [number]
            ).fetchall()
            assert found == (str(aino),)
        was = [_plain(name, each, numbers) for each in was]
        assert was == [_plain(name, each, {}) for each in there], name
    assert all(not after[name] for name in LEFT_BEHIND if name not in ("unique_value", "billing_hold"))


def _user(db: Db, address: str) -> int:
    row = db.execute("SELECT id FROM app_user WHERE email = %s", [address]).fetchone()
    assert row is not None
    return row[0]


def _by_id(row: dict[str, Any]) -> int:
    return row["id"]


_FILLED = frozenset(
    "enabled_currency account_logo membership pipeline pipeline_stage property_definition contact deal quote "
    "association payment_method revenue_movement subscription line_item invoice invoice_series credit_note "
    "credit_note_line "
    "customer_credit credit_application payment charge_attempt refund sandbox_charge sandbox_refund sandbox_setup "
    "ledger_transfer event message payment_link discount_code checkout checkout_charge quote_version quote_acceptance "
    "segment segment_member segment_progress workflow workflow_version workflow_cursor enrollment workflow_log".split()
)
"""Tables of which the book has rows; the others are written and read as these are."""
_OTHERWISE = {
    "subscription": "custom",
    "segment": "filter",
    "event": "object_id",
    "message": "status",
    "workflow": "is_on",
    "workflow_version": "definition",
    "enrollment": "status ended_at due_at",
}
"""What an import changes, and where users are named in JSON."""


def _plain(table: str, row: dict[str, Any], numbers: dict[int, int]) -> dict[str, Any]:
    """A row with users' numbers as they are afterwards, without what is otherwise then."""
    plain = {name: value for name, value in row.items() if name not in _OTHERWISE.get(table, "").split()}
    for name in plain.keys() & NUMBERS:
        plain[name] = numbers.get(plain[name], plain[name])
    for name in plain.keys() & ACTORS:
        word, _, number = str(plain[name]).partition(":")
        if word in ("user", "userId"):
            plain[name] = f"{word}:{numbers.get(int(number), int(number))}"
    if table == "event" and ("user" in str(row["data"]) or "owner" in str(row["data"])):
        del plain["data"]
    return plain


def _is_held_until_released(db: Db, done: Restored) -> None:
    held = find_hold(db, done.ctx.id)
    assert held is not None
    assert "another installation" in held.reason
    processors = AccountProcessors(database.connect, done.ctx.id)
    assert run_due(db, done.ctx, processors).held
    processors.close()
    row = db.execute(
        "SELECT count(*) FILTER (WHERE status = 'queued'), count(*) FILTER (WHERE status = 'kept') FROM message "
        "WHERE account_id = %s",
        [done.ctx.id],
    ).fetchone()
    assert row is not None
    assert row[0] == 0
    assert row[1] > 0


def _same_archive(first: dict[str, bytes], second: dict[str, bytes], *changed: str) -> None:
    """A second export is the same to the byte but for these tables."""
    assert first.keys() == second.keys()
    differing = {name for name in first if first[name] != second[name]}
    assert differing == {"manifest.json", *(f"tables/{name}.jsonl" for name in changed)}


@pytest.fixture
def archive(world: World, tmp_path: Path) -> Path:
    """An account with a subscription that was billed once."""
    kari = world.customer()
    world.subscribe(kari, method=world.method(kari))
    world.until("2026-01-01")
    path = tmp_path / "small.zip"
    export_account(world.db, world.ctx, path, now=FIRST_MOMENT)
    return path


def test_two_accounts_of_one_installation_have_the_same_numbers_and_archives(
    world: World, archive: Path
) -> None:
    number = world.ctx.id
    copy = take_in(world.db, archive)
    assert (copy.ctx.id > number, copy.ctx.known_as) == (True, number)
    again = archive.with_name("again.zip")
    export_account(world.db, copy.ctx, again, now=FIRST_MOMENT)
    _same_archive(members_of(archive), members_of(again), "account", "event", "message")
    assert differences(world.db, copy.ctx.id) == []
    _goes_on(world, copy)
    enter_account(world.db, number)
    assert differences(world.db, number) == []
    assert world.one("SELECT count(*) FROM subscription WHERE account_id = %s", number) == (1,)


def _goes_on(world: World, copy: Restored) -> None:
    """Once released, the copy is billed and charged where its history left off, under the keys that it had."""
    release_billing(world.db, copy.ctx, actor="cli")
    processors = AccountProcessors(database.connect, copy.ctx.id)
    there = World(world.db, copy.ctx, processors)
    assert there.until("2026-02-01").invoiced == 1
    processors.close()
    assert differences(world.db, copy.ctx.id) == []
    keys = there.rows("SELECT idempotency_key FROM sandbox_charge WHERE account_id = %s", copy.ctx.id)
    assert (len(keys), {key.split("-")[1] for (key,) in keys}) == (2, {str(world.ctx.id)})


def test_handing_over_waits_for_the_block_that_is_being_billed(
    world: World, inside: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscription = world.subscribe(world.customer())
    monkeypatch.setattr("kalends.portability.hand_over._PATIENCE", "50ms")
    biller = inside()
    with biller.transaction():
        biller.execute("SELECT FROM subscription WHERE id = %s FOR UPDATE", [subscription])
        with pytest.raises(UserFacing, match="takes long") as refused:
            hand_over(world.db, world.ctx, actor="cli")
    assert refused.value.exit_code == ExitCode.REFUSED
    held = find_hold(world.db, world.ctx.id)
    assert held is not None
    assert hand_over(world.db, world.ctx, actor="cli") == held


_DIE = """
import os, signal, sys
from pathlib import Path
from kalends.platform.boot import boot
boot()
from kalends.platform import database
from kalends.platform.clock import system_now
from kalends.portability.reader import open_archive
from kalends.portability.restore import restore

def dying(rows, doing):
    if doing == "ledger_transfer":
        os.kill(os.getpid(), signal.SIGKILL)

with database.connect(autocommit=True) as db, open_archive(Path(sys.argv[1])) as archive:
    owner = lambda: database.connect(as_owner=True, autocommit=True)
    restore(db, archive, connect_as_owner=owner, now=system_now(), actor="cli", progress=dying)
"""


def test_killed_in_the_middle_an_import_leaves_nothing(world: World, archive: Path, tmp_path: Path) -> None:
    accounts = world.rows("SELECT id FROM account")
    environment = database.environment_for_children() | {
        "KALENDS_HOME": str(tmp_path / "home"),
        "PYTHONPATH": str(SRC),
    }
    killed = subprocess.run([sys.executable, "-c", _DIE, str(archive)], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert world.rows("SELECT id FROM account") == accounts
    assert take_in(world.db, archive).rows["ledger_transfer"] > 0


def test_export_that_stops_in_the_middle_leaves_no_file(world: World, tmp_path: Path) -> None:
    def stops(rows: int, table: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_account(world.db, world.ctx, tmp_path / "half.zip", now=FIRST_MOMENT, progress=stops)
    assert os.listdir(tmp_path) == []


def test_what_does_not_fit_is_refused_with_place_and_remedy_and_changes_nothing(
    world: World, archive: Path, tmp_path: Path
) -> None:
    accounts = world.rows("SELECT id FROM account")
    good, bad = members_of(archive), tmp_path / "bad.zip"
    contacts = "tables/contact.jsonl"
    other_name = good[contacts].replace(b"Kari", b"Kiri")
    schema = schema_of(world.db)
    manifest = json.loads(good["manifest.json"])
    lower = {**manifest["highest"], "record_id": 1}
    without = [each for each in manifest["tables"] if each["table"] != "invoice"]
    stranger = json.dumps({"id": 1}).encode() + b"\n"
    halves = archive.read_bytes()
    cases: list[tuple[str, Callable[[], Path]]] = [
        ("damaged, or was copied in part", lambda: _written(bad, halves[: len(halves) // 2])),
        ("damaged, or was copied in part", lambda: _written(bad, b"no archive")),
        ("damaged, or was copied in part", lambda: _written(bad, _flipped(archive))),
        ("not as it was written", lambda: repacked(archive, bad, **{contacts: other_name})),
        ("not what its manifest names", lambda: repacked(archive, bad, **{contacts: None})),
        ("not what its manifest names", lambda: repacked(archive, bad, **{"tables/more.jsonl": stranger})),
        ("no export makes", lambda: repacked(archive, bad, **{"../../evil.jsonl": stranger})),
        ("no export makes", lambda: repacked(archive, bad, **{"/etc/passwd": stranger})),
        ("would unpack to more", lambda: repacked(archive, bad, **{contacts: b" " * 40_000_000})),
        ("no manifest", lambda: repacked(archive, bad, **{"manifest.json": None})),
        ("cannot be read", lambda: repacked(archive, bad, **{"manifest.json": b"{"})),
        ("no archive of an account", lambda: remanifested(archive, bad, format="zip")),
        ("does not read", lambda: remanifested(archive, bad, format_version=0)),
        ("does not read", lambda: remanifested(archive, bad, format_version=2)),
        ("not complete", lambda: remanifested(archive, bad, tables=[{"table": 3}])),
        ("not complete", lambda: remanifested(archive, bad, highest={"record_id": 2**60, "event_id": 1})),
        ("other tables", lambda: remanifested(archive, bad, schema={**schema, "billing": "0001_initial"})),
        ("lacks a table", lambda: repacked(
            remanifested(archive, tmp_path / "part.zip", tables=without), bad, **{"tables/invoice.jsonl": None}
        )),
        ("Rows of the archive do not fit", lambda: _consistent(archive, bad, contacts, b'{"id": "x"}\n')),
        ("Rows of the archive do not fit", lambda: _consistent(archive, bad, contacts, b'{"id": 1},{"id": 2}\n')),
        ("Rows of the archive do not fit", lambda: _consistent(archive, bad, contacts, b"nonsense\n")),
        ("beyond those", lambda: remanifested(archive, bad, highest=lower)),
    ]  # fmt: skip
    for words, make in cases:
        with pytest.raises(UserFacing, match=words) as refused:
            take_in(world.db, make())
        assert refused.value.where, words
        assert refused.value.remedy, words
    assert world.rows("SELECT id FROM account") == accounts


def _consistent(archive: Path, bad: Path, name: str, content: bytes) -> Path:
    """The archive with another file, for which manifest and digest speak as well."""
    manifest = json.loads(members_of(archive)["manifest.json"])
    (table,) = [each for each in manifest["tables"] if each["file"] == name]
    table |= {"bytes": len(content), "rows": 1, "sha256": hashlib.sha256(content).hexdigest()}
    changed = remanifested(archive, bad.with_name("changed.zip"), tables=manifest["tables"])
    return repacked(changed, bad, **{name: content})


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _flipped(archive: Path) -> bytes:
    """The archive with a few bytes of packed data turned over."""
    data = bytearray(archive.read_bytes())
    middle = len(data) // 3
    data[middle : middle + 40] = bytes(byte ^ 0xFF for byte in data[middle : middle + 40])
    return bytes(data)
