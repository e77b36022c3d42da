"""Backups with a real server: made while it works, checked, made into a home as it was at a moment; and in trouble."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from kalends.platform.archive import archive_of, archive_to, hand_over_now, stop_archiving
from kalends.platform.backup import Backup, backups_in, make_backup, verify_backup
from kalends.platform.clock import system_now
from kalends.platform.copying import copy_tree
from kalends.platform.errors import ExitCode, UserFacing
from kalends.platform.home import Home, open_home
from kalends.platform.postgres import embedded_server
from kalends.platform.postgres_programs import find_programs
from kalends.platform.postgres_server import RESTORING, server_beside, server_in
from kalends.platform.restore import Made, restore, wanted
from tests.cli.conftest import Give, give, here  # noqa: F401

the_servers_clock = system_now
"""A log is played back to a moment of the server that wrote it, whatever day that is."""


def quiet(done: int, words: str) -> None:
    """Nobody watches."""


def back_up(home: Home, copies: Path, *, keys: Path | None = None) -> Backup:
    return make_backup(home, copies, clock=the_servers_clock, keep=1, keys=keys, progress=quiet)


def bring_back(
    source: Path,
    into: Path,
    *,
    to_time: dt.datetime | None = None,
    keys: Path | None = None,
    replace: bool = False,
    tell: Callable[[str], None] = print,
) -> Made:
    now = the_servers_clock()
    return restore(
        wanted(source, into, now=now, to_time=to_time, keys=keys), now=now, replace=replace, tell=tell
    )


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that the server's user may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="kalends-backup-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


class Story:
    """A home that keeps its log: 1 was written, then a backup made, then 2 and 3 written."""

    def __init__(self, place: Path) -> None:
        self.home = open_home(place / "home")
        (self.home.files / "kept.txt").write_text("a file")
        self.copies = place / "copies"
        with embedded_server(self.home, ephemeral=False) as dsn, psycopg.connect(dsn, autocommit=True) as db:
            db.execute("CREATE TABLE written AS SELECT 1 AS what")
            self._fails_and_is_mended()
            back_up(self.home, self.copies, keys=place / "keys")
            self.before: dict[int, dt.datetime] = {}
            for what in (2, 3):
                time.sleep(0.01)
                self.before[what] = the_servers_clock()
                time.sleep(0.01)
                db.execute("INSERT INTO written VALUES (%s)", [what])
            hand_over_now(server_in(self.home), self.copies / "log")
            time.sleep(0.01)
            self.afterwards = the_servers_clock()

    def _fails_and_is_mended(self) -> None:
        """The disk of the log goes away, and comes back."""
        server, log = server_in(self.home), self.copies / "log"
        archive_to(server, log)
        log.rename(self.copies / "away")
        with psycopg.connect(server.dsn(user="postgres"), autocommit=True) as admin:
            admin.execute("SELECT pg_switch_wal()")
            while admin.execute("SELECT failed_count FROM pg_stat_archiver").fetchone() == (0,):
                time.sleep(0.02)
        (self.copies / "away").rename(log)


@pytest.fixture(scope="module")
def story(place: Path) -> Story:
    return Story(place)


def written(home: Path) -> tuple[list[int], str]:
    """What stands in the table, and the server's timeline."""
    with embedded_server(open_home(home), ephemeral=True) as dsn, psycopg.connect(dsn) as db:
        found = sorted(row[0] for row in db.execute("SELECT what FROM written"))
        row = db.execute("SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)").fetchone()
    assert row is not None
    return found, row[0]


def test_whoever_went_back_to_the_wrong_moment_goes_to_another_one(story: Story, place: Path) -> None:
    pieces = sorted(path.name for path in (story.copies / "log").iterdir())
    told: list[str] = []
    with (
        embedded_server(story.home, ephemeral=True),
        pytest.raises(UserFacing, match="installation is in use"),
    ):
        bring_back(story.copies, story.home.path, replace=True)
    with pytest.raises(UserFacing, match="There is a database already"):
        bring_back(story.copies, story.home.path)
    (story.home.files / "kept.txt").unlink()
    wrong = bring_back(
        story.copies,
        story.home.path,
        to_time=story.before[2],
        keys=place / "keys",
        replace=True,
        tell=told.append,
    )
    assert (wrong.kept_log, wrong.keys, len(told)) == (True, "fit", 2)
    assert (story.home.files / "kept.txt").read_text() == "a file"
    assert written(story.home.path) == ([1], "00000002")
    assert archive_of(server_in(story.home)) is None
    with pytest.raises(UserFacing, match="ends before the moment asked for"):
        bring_back(story.copies, story.home.path, to_time=story.afterwards, replace=True)
    shutil.rmtree(story.home.postgres / RESTORING)
    left_by_a_killed_restore(story.home)
    right = bring_back(story.copies, story.home.path, to_time=story.before[3], replace=True)
    assert written(story.home.path)[0] == [1, 2]
    assert not (story.home.postgres / RESTORING).exists()
    assert right.before is not None
    assert right.before.name.startswith("data-before-")
    assert sorted(path.name for path in (story.copies / "log").iterdir()) == pieces


def test_what_was_restored_is_backed_up_into_a_folder_of_its_own_and_restored_again(story: Story) -> None:
    next_copies = story.copies.with_name("next")
    with embedded_server(story.home, ephemeral=False) as dsn, psycopg.connect(dsn, autocommit=True) as db:
        with pytest.raises(UserFacing, match="before the database was restored"):
            back_up(story.home, story.copies)
        back_up(story.home, next_copies)
        db.execute("INSERT INTO written VALUES (4)")
        hand_over_now(server_in(story.home), next_copies / "log")
        _of_another_installation(next_copies)
        with pytest.raises(UserFacing, match="another installation"):
            back_up(story.home, next_copies)
        _of_another_installation(next_copies)
        assert stop_archiving(server_in(story.home))
    bring_back(next_copies, story.home.path, replace=True)
    assert written(story.home.path) == ([1, 2, 4], "00000003")


def _of_another_installation(copies: Path) -> None:
    """Turn the number by which the newest backup knows its database around."""
    manifest = copies / "base" / backups_in(copies)[-1].name / "data" / "backup_manifest"
    turned = re.sub(
        r'(Identifier": )(\d+)', lambda found: found[1] + found[2][::-1], manifest.read_text(), count=1
    )
    manifest.write_text(turned)


def left_by_a_killed_restore(home: Home) -> None:
    (draft := server_beside(server_in(home)).data).mkdir()
    (draft / "PG_VERSION").write_text("18\n")


def test_where_a_restore_was_killed_no_empty_installation_is_made(place: Path) -> None:
    new = open_home(place / "killed")
    left_by_a_killed_restore(new)
    with pytest.raises(UserFacing, match="ended before it was done") as told, embedded_server(new):
        pass
    assert told.value.exit_code == ExitCode.DATABASE_UNAVAILABLE
    assert not (new.postgres / "data").exists()


def test_one_that_is_stopped_on_its_way_leaves_what_was_there(story: Story) -> None:
    def ctrl_c(what: str, done: int, total: int) -> None:
        if what == "comparing":
            raise KeyboardInterrupt

    before = sorted(path.name for path in story.home.postgres.iterdir())
    now = the_servers_clock()
    asked = wanted(story.copies, story.home.path, now=now, to_time=None, keys=None)
    with pytest.raises(KeyboardInterrupt):
        restore(asked, now=now, replace=True, progress=ctrl_c)
    assert sorted(path.name for path in story.home.postgres.iterdir()) == sorted([*before, RESTORING])
    assert not (story.home.postgres / RESTORING / "data").exists()


def test_a_moment_before_the_oldest_backup_is_refused(place: Path, story: Story) -> None:
    early = story.before[2] - dt.timedelta(days=1)
    with pytest.raises(UserFacing, match="younger than the moment"):
        bring_back(story.copies, place / "early", to_time=early)
    assert not (place / "early").exists()


def test_a_backup_has_no_keys_in_it_and_they_lie_apart_closed_to_others(place: Path, story: Story) -> None:
    secret = (story.home.keys / "sealing-keys").read_bytes()
    assert (place / "keys" / "sealing-keys").read_bytes() == secret
    assert (place / "keys" / "sealing-keys").stat().st_mode & 0o77 == 0
    inside = [path for path in (story.copies).rglob("*") if path.is_file() and secret in path.read_bytes()]
    assert inside == []


def test_a_damaged_file_and_a_lost_piece_of_the_log_are_named(
    place: Path, story: Story, tmp_path: Path
) -> None:
    server = find_programs()
    copies = tmp_path / "copies"
    shutil.copytree(story.copies, copies)
    (only,) = backups_in(copies)
    assert verify_backup(server, copies, only, quiet) > only.begins_with

    pieces = sorted((copies / "log").glob("*[0-9A-F].gz"))
    lost = pieces[1].read_bytes()
    pieces[1].unlink()
    with pytest.raises(UserFacing) as missing:
        verify_backup(server, copies, only, quiet)
    assert missing.value.exit_code == ExitCode.PROBLEM_FOUND
    assert "is missing" in missing.value.value
    pieces[1].write_bytes(lost[:-100])
    with pytest.raises(UserFacing) as broken:
        verify_backup(server, copies, only, quiet)
    assert "cannot be unpacked" in broken.value.value
    pieces[1].write_bytes(lost)

    version = copies / "base" / only.name / "data" / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(UserFacing) as changed:
        verify_backup(server, copies, only, quiet)
    assert "PG_VERSION" in changed.value.value


def test_a_backup_lies_outside_of_the_home_and_its_keys_outside_of_it(place: Path, story: Story) -> None:
    home = story.home
    with pytest.raises(UserFacing, match="outside of the installation's own folder"):
        back_up(home, home.files / "b")
    with pytest.raises(UserFacing, match="outside of the backup that they open"):
        back_up(home, place / "b", keys=place / "b" / "k")
    with pytest.raises(UserFacing, match="outside of the installation's folder"):
        back_up(home, place / "b", keys=home.keys)
    assert not (place / "b").exists()


def test_a_server_of_ones_own_is_backed_up_by_its_own_tools(
    give: Give,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/kalends")
    answer = give("backup", "make", tmp_path)
    assert answer.code == ExitCode.BAD_INPUT
    assert "docs/operations.md" in answer.err


def test_a_folder_without_a_backup_is_named(give: Give, tmp_path: Path) -> None:  # noqa: F811
    for words in (("backup", "list", tmp_path), ("restore", "--from", tmp_path, "--into", tmp_path / "new")):
        answer = give(*words)
        assert (answer.code, "There is no backup in this folder." in answer.err) == (ExitCode.BAD_INPUT, True)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"to_time": dt.timedelta(days=1)}, "still to come"),
        ({"keys": "nowhere"}, "no keys in this folder"),
        ({"into": "copies/in"}, "not restored into its own folder"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_begun(
    story: Story, place: Path, how: dict[str, object], words: str
) -> None:
    keys, ahead = how.get("keys"), how.get("to_time")
    into = place / str(how.get("into", "never"))
    with pytest.raises(UserFacing, match=words):
        bring_back(
            story.copies,
            into,
            to_time=the_servers_clock() + ahead if isinstance(ahead, dt.timedelta) else None,
            keys=place / str(keys) if keys else None,
        )
    assert not into.exists()


def test_a_backup_that_is_damaged_is_not_restored(story: Story, place: Path) -> None:
    torn = place / "torn"
    shutil.copytree(story.copies, torn)
    (only,) = backups_in(torn)
    damaged = torn / "base" / only.name / "data" / "base" / "1" / "PG_VERSION"
    damaged.write_text("17\n")
    with pytest.raises(UserFacing, match="damaged") as told:
        bring_back(torn, place / "of-torn")
    assert "base/1/PG_VERSION" in told.value.value
    assert not (place / "of-torn" / "postgres" / "data").exists()

    shutil.rmtree(torn / "log")
    damaged.write_text("18\n")
    shutil.copy2(story.copies / "base" / only.name / "data" / "base" / "1" / "PG_VERSION", damaged)
    with pytest.raises(UserFacing, match="damaged") as told:
        verify_backup(find_programs(), torn, only, quiet)
    assert "Its log is not there" in told.value.value


def test_a_folder_that_is_copied_in_part_is_named_by_what_is_missing(
    story: Story,
    place: Path,
    give: Give,  # noqa: F811
) -> None:
    half = place / "half"
    shutil.copytree(story.copies, half)
    (only,) = backups_in(half)
    later = half / "base" / "2126-01-01T000000Z"
    (half / "base" / only.name).rename(later)
    shutil.copytree(story.copies / "base" / only.name, half / "base" / only.name)
    for text in (None, '{"name": "2126'):
        (later / "kalends.json").unlink()
        if text is not None:
            (later / "kalends.json").write_text(text)
        told = give("backup", "verify", half)
        assert (told.code, later.name in told.err) == (ExitCode.PROBLEM_FOUND, True)
        listed = give("backup", "list", half, "--json").json()
        assert [each["name"] for each in listed["backups"]] == [only.name]
        assert listed["not_whole"] == [later.name]
        (later / "kalends.json").touch()
    with pytest.raises(UserFacing, match="newest backup in this folder is not whole"):
        bring_back(half, place / "of-half")


def test_a_backup_that_is_stopped_leaves_the_log_where_it_was_kept(story: Story, place: Path) -> None:
    def ctrl_c(done: int, words: str) -> None:
        raise KeyboardInterrupt

    with embedded_server(story.home, ephemeral=False):
        before = archive_of(server_in(story.home))
        with pytest.raises(KeyboardInterrupt):
            make_backup(story.home, place / "x", clock=the_servers_clock, keep=1, keys=None, progress=ctrl_c)
        assert archive_of(server_in(story.home)) == before
    assert list((place / "x" / "base").iterdir()) == []


def test_of_two_backups_at_once_the_second_is_turned_away(story: Story, place: Path) -> None:
    folder = os.open(story.copies, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        with pytest.raises(UserFacing, match="Another backup is being made"):
            back_up(story.home, story.copies)
    finally:
        os.close(folder)


def test_a_file_that_goes_away_while_it_is_copied_is_left_out(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    (home.files / "exports").mkdir(parents=True)
    for name in ("1.csv", "2.csv", "3.csv"):
        (home.files / "exports" / name).write_text(name)
    copy_tree(
        home.files, tmp_path / "copy", lambda done: (home.files / "exports" / "2.csv").unlink(missing_ok=True)
    )
    assert [path.name for path in sorted((tmp_path / "copy" / "exports").iterdir())] == ["1.csv", "3.csv"]
