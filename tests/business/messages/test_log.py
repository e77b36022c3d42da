"""The log of letters: what was decided on, for whom it can be narrowed, and the words that went out."""

from __future__ import annotations

import pytest

from kalends.messages.letters.render import CannotRender
from kalends.messages.log import STATUSES, UnknownLetter, letter_row, letters, show_letter
from kalends.messages.models import Message
from kalends.payments.refund import request_refund
from tests.business.messages.post import Post, administrator
from tests.world import World


def kinds(world: World, **narrowed: object) -> list[str]:
    return sorted(row.kind for row in letters(world.db, world.ctx, **narrowed))  # type: ignore[arg-type]


@pytest.fixture
def two_customers(world: World) -> tuple[int, int, int]:
    """Two subscriptions with a letter of every kind that billing brings about, and the contact of the first."""
    administrator(world)
    kari, ola = world.customer(country="GB"), world.customer("Ola Nordmann")
    first = world.subscribe(kari, "100", method=world.method(kari))
    second = world.subscribe(ola, "50", net_terms_days=30)
    world.until("2026-01-01")
    payment = world.one("SELECT id FROM payment WHERE subscription_id = %s", first)[0]
    request_refund(world.db, world.ctx, payment, 1000)
    world.until("2026-01-02")
    return first, second, kari


def test_letters_can_be_narrowed_to_a_subscription_with_all_that_was_billed_on_it(
    world: World, two_customers: tuple[int, int, int]
) -> None:
    first, second, kari = two_customers
    assert kinds(world) == ["invoice", "payment_made", "receipt", "refund"]
    assert kinds(world, subscription=first) == ["payment_made", "receipt", "refund"]
    assert kinds(world, subscription=second) == ["invoice"]
    assert kinds(world, contact=kari) == ["payment_made", "receipt", "refund"]
    assert kinds(world, contact=kari, kind="refund", status="queued") == ["refund"]
    assert kinds(world, status="sent") == []


def test_the_newest_come_first_and_no_more_than_asked_for(
    world: World, two_customers: tuple[int, int, int]
) -> None:
    ids = [row.id for row in letters(world.db, world.ctx)]
    assert ids == sorted(ids, reverse=True)
    assert [row.id for row in letters(world.db, world.ctx, limit=2)] == ids[:2]


def test_a_letter_is_shown_in_the_words_that_went_out_whatever_changed_since(post: Post) -> None:
    (id_,) = post.cancellations(1)
    before = show_letter(post.db, post.world.ctx, id_)
    assert not before.written
    post.deliver()
    post.db.execute("UPDATE subscription SET name = 'Another' WHERE account_id = %s", [post.world.ctx.id])
    after = show_letter(post.db, post.world.ctx, id_)
    assert after.written
    assert after.letter.text == before.letter.text
    assert after.row.status == "sent"


def test_a_letter_that_was_never_written_and_cannot_be_says_so(post: Post) -> None:
    (id_,) = post.cancellations(1)
    post.db.execute("UPDATE message SET object_id = 999999999 WHERE id = %s", [id_])
    with pytest.raises(CannotRender, match="999999999"):
        show_letter(post.db, post.world.ctx, id_)


def test_a_letter_that_is_not_there_is_refused(world: World) -> None:
    with pytest.raises(UnknownLetter, match="no letter 77"):
        letter_row(world.db, world.ctx, 77)


def test_the_statuses_are_those_of_the_outbox() -> None:
    assert set(STATUSES) == {Message.QUEUED, Message.KEPT, Message.SENDING, Message.SENT, Message.FAILED}
