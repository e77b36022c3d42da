"""An archive made by somebody who wishes the installation ill, and taken in by somebody who does not know it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kalends.accounts.people import add_member, add_user
from kalends.catalog import get_object
from kalends.crm.properties import create_property
from kalends.crm.property_terms import Definition
from kalends.documents.logo import set_logo
from kalends.platform.errors import UserFacing
from kalends.portability.export import export_account
from tests.conftest import FIRST_MOMENT
from tests.portability.book import LOGO, forged, lines_of, remanifested
from tests.portability.test_moving import take_in
from tests.world import World


@pytest.fixture
def archive(world: World, tmp_path: Path) -> Path:
    """An account with a member, a contact, a logo and a property of its own."""
    db, ctx = world.db, world.ctx
    kari = add_user(db, email=f"kari.{ctx.id}@skarv.test", name="Kari Nordmann")
    add_member(db, ctx.id, kari, "admin")
    set_logo(db, ctx, LOGO, actor=f"user:{kari}")
    asked: dict[str, Any] = {"group": "contactinformation", "type": "string", "field_type": "text"}
    create_property(db, ctx, get_object("contact"), Definition(name="meter", label="Meter", **asked))
    world.customer(owner_id=kari)
    path = tmp_path / "good.zip"
    export_account(db, ctx, path, now=FIRST_MOMENT)
    return path


def numbers(world: World) -> list[tuple[Any, ...]]:
    """How far the installation's numbers have come."""
    return [world.one(f"SELECT last_value FROM {name}") for name in ("record_id", "event_id")]


@pytest.mark.parametrize("name", ["record_id", "event_id"])
def test_no_archive_uses_up_the_numbers_of_the_installation(
    world: World, archive: Path, tmp_path: Path, name: str
) -> None:
    before = numbers(world)
    far = {"record_id": before[0][0], "event_id": before[1][0], name: 9_000_000_000_000_000}
    with pytest.raises(UserFacing, match="far beyond") as refused:
        take_in(world.db, remanifested(archive, tmp_path / "far.zip", highest=far))
    assert name in (refused.value.where or "")
    assert refused.value.remedy
    assert numbers(world) == before


def test_nobody_is_drawn_in_whom_the_archive_does_not_name_by_address(
    world: World, archive: Path, tmp_path: Path
) -> None:
    stranger = add_user(world.db, email=f"stranger.{world.ctx.id}@elsewhere.test", name="Stranger")
    (member,) = lines_of(archive, "membership")
    with pytest.raises(UserFacing, match="do not fit"):
        take_in(world.db, forged(archive, tmp_path / "bad.zip", "membership", member | {"user_id": stranger}))
    (contact,) = lines_of(archive, "contact")
    done = take_in(
        world.db, forged(archive, tmp_path / "new.zip", "contact", contact | {"owner_id": stranger})
    )
    assert world.rows("SELECT owner_id FROM contact WHERE account_id = %s", done.ctx.id) == [(None,)]


def test_what_would_trip_whoever_reads_it_later_is_refused_with_its_place(
    world: World, archive: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.zip"
    (account,), (person,), (own,), (logo,) = (
        lines_of(archive, name) for name in ("account", "app_user", "property_definition", "account_logo")
    )
    wrong_hour = account["settings"] | {"billing_hour": "nine"}
    second_logo = logo | {"id": logo["id"] + 1, "name": "b"}
    deep = b'{"id": 1, "custom": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    cases: list[tuple[str, Callable[[], Path]]] = [
        ("account", lambda: forged(archive, bad, "account", account | {"time_zone": "Mars/Olympus"})),
        ("account", lambda: forged(archive, bad, "account", account | {"settings": wrong_hour})),
        ("account", lambda: forged(archive, bad, "account", account | {"currency": "ZZZ"})),
        ("account", lambda: forged(archive, bad, "account", b"[]")),
        ("account", lambda: forged(archive, bad, "account", b"[" * 200_000)),
        ("app_user", lambda: forged(archive, bad, "app_user", person | {"email": "a@b.test\nBcc: c@d.test"})),
        ("app_user", lambda: forged(archive, bad, "app_user", person | {"email": "nobody"})),
        ("app_user", lambda: forged(archive, bad, "app_user", person | {"language": "../xx"})),
        ("app_user", lambda: forged(archive, bad, "app_user", person | {"name": "x" * 100_000})),
        ("app_user", lambda: forged(archive, bad, "app_user", person | {"name": "Kari\nBcc: c@d.test"})),
        ("property", lambda: forged(archive, bad, "property_definition", own | {"name": "x' OR true --"})),
        ("property", lambda: forged(archive, bad, "property_definition", own | {"object_type": "app_user"})),
        ("account_logo", lambda: forged(archive, bad, "account_logo", logo, second_logo)),
        ("contact", lambda: forged(archive, bad, "contact", deep)),
    ]  # fmt: skip
    accounts = world.rows("SELECT id FROM account")
    with pytest.raises(UserFacing, match="holds one account"):
        take_in(world.db, forged(archive, bad, "account", account, account))
    for place, make in cases:
        with pytest.raises(UserFacing, match="do not fit") as refused:
            take_in(world.db, make())
        assert place in (refused.value.where or ""), refused.value
        assert refused.value.remedy
    assert world.rows("SELECT id FROM account") == accounts
