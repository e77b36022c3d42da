"""Sending a letter again: the same words to where the contact is reached now, once a click."""

from __future__ import annotations

import pytest

from kalends.messages.backends.memory import MemoryBackend
from kalends.messages.delivery import Delivered
from kalends.messages.resend import CannotResend, resend
from tests.business.messages.post import Post, administrator
from tests.world import World


def again(post: Post, id_: int) -> int:
    return resend(post.db, post.world.ctx, id_)


def test_a_letter_is_sent_again_in_the_words_that_were_kept_as_another_letter(post: Post) -> None:
    (id_,) = post.cancellations(1)
    first, second = MemoryBackend(), MemoryBackend()
    post.deliver(first)
    post.db.execute("UPDATE subscription SET name = 'Another' WHERE account_id = %s", [post.world.ctx.id])
    fresh = again(post, id_)
    assert post.state(fresh, "kind", "occasion", "status") == ("canceled", "#2", "queued")
    assert post.deliver(second) == Delivered(sent=1)
    assert post.state(fresh, "subject", "text", "html") == post.state(id_, "subject", "text", "html")
    assert second.sent[0].message["Message-ID"] != first.sent[0].message["Message-ID"]
    assert again(post, id_) > fresh
    assert [row.occasion for row in post.rows("canceled")] == ["", "#2", "#3"]


def test_a_letter_that_is_sent_again_goes_to_the_contacts_present_address(post: Post) -> None:
    (id_,) = post.cancellations(1)
    post.deliver()
    post.db.execute(
        "UPDATE contact SET email = 'kari@new.test' WHERE id = (SELECT contact_id FROM message WHERE id = %s)",
        [id_],
    )
    assert post.state(again(post, id_), "recipient") == "kari@new.test"
    with pytest.raises(CannotResend, match="on its way already"):
        again(post, id_)


def test_a_notice_goes_again_to_the_member_of_staff_who_got_it(world: World, post: Post) -> None:
    boss = administrator(world)
    kari = world.customer()
    world.subscribe(kari, "100", method=world.method(kari, "insufficient_funds"))
    world.until("2026-01-05")
    post.deliver()
    first, second = post.rows("payment_failed")[:2]
    fresh = again(post, second.id)
    assert post.state(fresh, "recipient", "occasion") == (boss, f"{second.occasion}#2")
    assert post.state(again(post, first.id), "occasion") == f"{first.occasion}#2"


def test_a_failed_letter_that_was_never_written_is_written_now_as_its_first_occasion_wants(
    world: World, post: Post
) -> None:
    kari = world.customer(country="GB")
    world.subscribe(kari, "100", method=world.method(kari, "insufficient_funds"))
    world.until("2026-01-20")
    attempts = post.rows("charge_failed")
    world.db.execute("UPDATE message SET status = 'failed' WHERE account_id = %s", [world.ctx.id])
    for row in (attempts[0], attempts[-1]):
        again(post, row.id)
    assert post.deliver() == Delivered(sent=2)
    first, last = [post.state(row.id, "text") for row in post.rows("charge_failed")[-2:]]
    assert "again on 2 January 2026" in first
    assert "We do not try again by ourselves." in last


def test_an_invoice_is_sent_again_with_its_page(world: World, post: Post) -> None:
    world.subscribe(world.customer(), "100", net_terms_days=30)
    world.until("2026-01-01")
    backend = MemoryBackend()
    post.deliver(backend)
    again(post, post.rows("invoice")[0].id)
    post.deliver(backend)
    pages = [part.get_content() for envelope in backend.sent for part in envelope.message.iter_attachments()]
    assert len(pages) == 2
    assert pages[0] == pages[1]


def test_a_letter_that_waits_is_not_queued_a_second_time(post: Post) -> None:
    (id_,) = post.cancellations(1)
    with pytest.raises(CannotResend, match=r"on its way already \(queued\)"):
        again(post, id_)


def test_what_cannot_be_sent_again_says_why(post: Post) -> None:
    with pytest.raises(CannotResend, match="There is no letter 77"):
        again(post, 77)
    (id_,) = post.cancellations(1)
    post.deliver()
    post.db.execute("UPDATE contact SET email = NULL WHERE account_id = %s", [post.world.ctx.id])
    with pytest.raises(CannotResend, match="no email address"):
        again(post, id_)
    post.db.execute("UPDATE message SET kind = 'greeting' WHERE id = %s", [id_])
    with pytest.raises(CannotResend, match="not written any more: greeting"):
        again(post, id_)
