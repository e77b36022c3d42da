"""After an erasure no column of any table speaks of the person, and the books are what they were."""

from __future__ import annotations

import pytest

from kalends.crm.erasure import erase_contact, export_contact
from kalends.events import journal
from kalends.segments.services import change_filter, create_segment
from tests.conftest import AnyConnection
from tests.security.test_secrets_in_the_database import found_in
from tests.world import World

NAME = "Zebulon Quartermain"


@pytest.fixture
def person(world: World) -> tuple[int, str]:
    """A customer with a year behind them, and by what address the account's filters speak of them."""
    id_ = world.customer(NAME, phone="+47 401 99 888", address="Ytterstien 99", city="Oslo", zip="0150")
    world.db.execute(
        "UPDATE account SET settings = settings || jsonb_build_object('keep_buyers_years', 0) WHERE id = %s",
        [world.ctx.id],
    )
    world.reload()
    world.until("2026-01-01")
    email = world.one("SELECT email FROM contact WHERE id = %s", id_)
    assert email is not None
    return id_, str(email[0])


def asks_for(email: str) -> dict[str, object]:
    """A filter that asks for one person."""
    condition = {"property": "email", "operator": "is_any_of", "values": [email]}
    return {"groups": [[condition]]}


def test_what_people_set_up_forgets_the_person_in_its_journal_too(
    world: World, superuser: AnyConnection, person: tuple[int, str]
) -> None:
    id_, email = person
    segment = create_segment(
        world.db, world.ctx, name=f"For {NAME}", object="contact", kind="active", filter=asks_for(email)
    )
    change_filter(world.db, world.ctx, segment, asks_for("somebody@else.test"))
    kinds = ("saved_view", "saved_report", "dashboard", "workflow", "mailing", "export", "payment_link")
    journal.write(
        world.db,
        world.ctx.id,
        world.ctx.now,
        [
            journal.NewEvent(f"{kind}.updated", kind, segment, None, {"name": f"{NAME}: {kind}"})
            for kind in kinds
        ],
        "system",
    )
    before = world.one("SELECT count(*), sum(id), max(at) FROM event")
    assert "event" in found_in(superuser, email)

    erase_contact(world.db, world.ctx, id_)

    for word in (email, NAME, "401 99 888", "Ytterstien 99"):
        assert found_in(superuser, word) == [], word
    count, ids, at = before or (0, 0, None)
    assert world.one("SELECT count(*) - 1, max(at) FROM event") == (count, at)
    assert world.one("SELECT sum(id) FROM event WHERE kind <> 'contact.erased'") == (ids,)
    said = world.one("SELECT data ->> 'name' FROM event WHERE kind = 'segment.created'")
    assert said == ("For [erased]",)


def test_others_words_and_another_accounts_stay(world: World, person: tuple[int, str]) -> None:
    id_, _ = person
    create_segment(
        world.db,
        world.ctx,
        name="Others",
        object="contact",
        kind="active",
        filter=asks_for("somebody@else.test"),
    )
    before = world.rows("SELECT id, data FROM event WHERE object_type = 'segment' ORDER BY id")

    erase_contact(world.db, world.ctx, id_)

    assert world.rows("SELECT id, data FROM event WHERE object_type = 'segment' ORDER BY id") == before


def test_the_person_is_handed_everything_before(world: World, person: tuple[int, str]) -> None:
    id_, email = person

    told = str(export_contact(world.db, world.ctx, id_))

    assert all(word in told for word in (email, "Quartermain", "+47 401 99 888", "Ytterstien 99"))
