"""Delivery: each letter once, in the words that are kept; failures wait, are given up, and are told."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from kalends.messages.backends.interface import MailUnavailable, Refused, RefusedForNow
from kalends.messages.backends.memory import MemoryBackend
from kalends.messages.delivery import PAUSES, TRIES_MAX, Delivered, deliver
from kalends.messages.envelope import Envelope
from kalends.messages.outbox import Letter, queue
from tests.business.messages.post import Post
from tests.world import World


class Crash(Exception):
    """The process ends between call and outcome."""


def raising(problem: Exception) -> Callable[[Envelope], None]:
    def before(envelope: Envelope) -> None:
        raise problem

    return before


def unavailable() -> MailUnavailable:
    return MailUnavailable(
        "The mail server cannot be reached.", where="here", value="gone", remedy="Start it."
    )


def test_a_queued_letter_is_sent_once_and_its_exact_words_are_kept(post: Post) -> None:
    (id_,) = post.cancellations(1)
    backend = MemoryBackend()
    assert post.deliver(backend) == Delivered(sent=1)
    assert post.deliver(backend) == Delivered()
    (envelope,) = backend.sent
    status, sent_at, subject, text, html = post.state(id_, "status", "sent_at", "subject", "text", "html")
    assert (status, sent_at) == ("sent", post.world.ctx.now)
    plain, rich = envelope.message.iter_parts()
    assert envelope.message["Subject"] == subject
    assert plain.get_content().replace("\r\n", "\n").rstrip() == text.rstrip()
    assert rich.get_content().replace("\r\n", "\n").rstrip() == html.rstrip()


def test_a_letter_comes_from_the_account_and_goes_to_its_recipient_alone(post: Post) -> None:
    post.cancellations(1)
    backend = MemoryBackend()
    post.deliver(backend)
    message = backend.sent[0].message
    assert message["From"].addresses[0].display_name == "Nordlys Test AS"
    assert [address.addr_spec for address in message["To"].addresses] == [backend.sent[0].recipient]
    assert message["Date"].datetime == post.world.ctx.now
    assert message["Auto-Submitted"] == "auto-generated"


def test_letters_that_are_kept_are_never_sent(world: World, post: Post) -> None:
    kari = world.customer()
    queue(
        world.db,
        world.ctx.id,
        world.ctx.now,
        [Letter("canceled", world.subscribe(kari), kari)],
        status="kept",
    )
    assert post.deliver() == Delivered()
    assert post.state(post.rows("canceled")[0].id, "status", "subject") == ("kept", None)


def test_no_more_letters_go_out_than_asked_for_and_the_oldest_go_first(post: Post) -> None:
    ids = post.cancellations(5)
    assert post.deliver(limit=2) == Delivered(sent=2)
    assert [post.state(id_, "status") for id_ in ids] == ["sent", "sent", "queued", "queued", "queued"]


def test_many_blocks_of_letters_all_go_out(post: Post) -> None:
    post.cancellations(120)
    backend = MemoryBackend()
    assert post.deliver(backend) == Delivered(sent=120)
    assert len({envelope.message["Message-ID"] for envelope in backend.sent}) == 120


def test_nothing_is_sent_while_a_transaction_is_open(post: Post) -> None:
    ids = post.cancellations(3)
    seen: list[tuple[str, Any]] = []

    def look(envelope: Envelope) -> None:
        seen.append((post.db.info.transaction_status.name, [post.state(id_, "status") for id_ in ids]))

    post.deliver(MemoryBackend(look))
    assert seen == [
        ("IDLE", ["sending", "queued", "queued"]),
        ("IDLE", ["sent", "sending", "queued"]),
        ("IDLE", ["sent", "sent", "sending"]),
    ]


def test_a_letter_that_was_not_taken_is_tried_again_after_growing_pauses_and_then_given_up(
    post: Post,
) -> None:
    (id_,) = post.cancellations(1)
    backend = MemoryBackend(raising(RefusedForNow("The mailbox is full.")))
    now = post.world.ctx.now
    for pause in PAUSES:
        assert post.deliver(backend, now=now) == Delivered(postponed=1)
        assert post.state(id_, "status", "next_try_at", "error") == (
            "queued",
            now + pause,
            "The mailbox is full.",
        )
        assert post.deliver(backend, now=now + pause - dt.timedelta(seconds=1)) == Delivered()
        now += pause
    assert post.deliver(backend, now=now) == Delivered(failed=1)
    status, tries, error = post.state(id_, "status", "tries", "error")
    assert (status, tries) == ("failed", TRIES_MAX)
    assert error == f"Given up after {TRIES_MAX} tries. The mailbox is full."
    assert post.deliver(backend, now=now + dt.timedelta(days=30)) == Delivered()


def test_pauses_grow() -> None:
    assert list(PAUSES) == sorted(set(PAUSES))


def test_a_letter_that_is_refused_for_good_is_failed_at_once_and_the_next_one_goes_out(post: Post) -> None:
    first, second = post.cancellations(2)
    problems = iter([Refused("There is no such mailbox."), None])

    def once(envelope: Envelope) -> None:
        if problem := next(problems):
            raise problem

    assert post.deliver(MemoryBackend(once)) == Delivered(sent=1, failed=1)
    assert post.state(first, "status", "error") == ("failed", "There is no such mailbox.")
    assert post.state(second, "status") == "sent"


def test_a_closed_way_out_leaves_every_letter_queued_and_counts_no_try(post: Post) -> None:
    ids = post.cancellations(3)
    with pytest.raises(MailUnavailable):
        post.deliver(MemoryBackend(raising(unavailable())))
    assert {post.state(id_, "status", "tries") for id_ in ids} == {("queued", 0)}
    assert post.deliver() == Delivered(sent=3)


@pytest.mark.parametrize(
    "address",
    [
        "kari",
        "kari@@customers.test",
        "kari@customers.test, eve@evil.test",
        "a\nb@c.test",
        "åse@customers.test",
    ],
)
def test_an_address_that_is_none_fails_its_letter_and_no_other(post: Post, address: str) -> None:
    first, second = post.cancellations(2)
    post.db.execute("UPDATE message SET recipient = %s WHERE id = %s", [address, first])
    backend = MemoryBackend()
    assert post.deliver(backend) == Delivered(sent=1, failed=1)
    assert "is not an email address" in post.state(first, "error")
    assert post.state(second, "status") == "sent"


def test_a_domain_with_letters_of_its_own_is_written_as_the_name_system_wants_it(post: Post) -> None:
    (id_,) = post.cancellations(1)
    post.db.execute("UPDATE message SET recipient = 'kari@blåbær.no' WHERE id = %s", [id_])
    backend = MemoryBackend()
    assert post.deliver(backend) == Delivered(sent=1)
    assert backend.sent[0].recipient == "kari@xn--blbr-roah.no"
    assert b"To: kari@xn--blbr-roah.no" in backend.sent[0].message.as_bytes()


def test_a_letter_about_something_that_is_gone_is_failed_with_the_reason(post: Post) -> None:
    first, second = post.cancellations(2)
    post.db.execute("UPDATE message SET object_id = 999999999 WHERE id = %s", [first])
    assert post.deliver() == Delivered(sent=1, failed=1)
    assert "subscription 999999999" in post.state(first, "error")
    assert post.state(second, "status") == "sent"


def test_a_letter_that_was_broken_off_goes_out_again_as_the_same_letter(post: Post) -> None:
    (id_,) = post.cancellations(1)
    before = MemoryBackend()

    def crash_after(envelope: Envelope) -> None:
        before.send(envelope)
        raise Crash

    with pytest.raises(Crash):
        post.deliver(MemoryBackend(crash_after))
    assert post.state(id_, "status") == "sending"
    post.db.execute("UPDATE account SET name = 'Another name' WHERE id = %s", [post.world.ctx.id])
    post.db.execute("UPDATE subscription SET name = 'Another' WHERE account_id = %s", [post.world.ctx.id])
    again = MemoryBackend()
    assert post.deliver(again) == Delivered(sent=1)
    assert again.sent[0].message.as_bytes() == before.sent[0].message.as_bytes()
    status, tries, error = post.state(id_, "status", "tries", "error")
    assert (status, tries) == ("sent", 2)
    assert "not known whether this letter arrived" in error


def test_a_letter_that_is_broken_off_each_time_is_given_up_in_the_end(post: Post) -> None:
    (id_,) = post.cancellations(1)
    for _ in range(TRIES_MAX):
        with pytest.raises(Crash):
            post.deliver(MemoryBackend(raising(Crash())))
    assert post.deliver() == Delivered(failed=1)
    assert post.state(id_, "status", "tries") == ("failed", TRIES_MAX)


def test_a_letter_that_another_process_is_sending_is_left_to_it(post: Post, inside: Any) -> None:
    ids = post.cancellations(3)
    other = MemoryBackend()

    def meanwhile(envelope: Envelope) -> None:
        if len(mine.sent) == 0:
            assert deliver(inside(), post.world.ctx, other, 100) == Delivered()

    mine = MemoryBackend(meanwhile)
    assert post.deliver(mine) == Delivered(sent=3)
    assert other.sent == []
    assert {post.state(id_, "status", "tries") for id_ in ids} == {("sent", 1)}


def test_two_processes_share_the_letters_and_none_goes_out_twice(post: Post, inside: Any) -> None:
    post.cancellations(150)
    backends = [MemoryBackend(lambda envelope: time.sleep(0.001)) for _ in range(2)]
    connections = [inside() for _ in backends]
    threads = [
        threading.Thread(target=deliver, args=(connection, post.world.ctx, backend, 1000))
        for connection, backend in zip(connections, backends, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    post.deliver(backends[0])
    ids = [envelope.message["Message-ID"] for backend in backends for envelope in backend.sent]
    assert len(ids) == len(set(ids)) == 150
    assert all(backend.sent for backend in backends)


def test_asked_to_stop_it_stops_before_the_next_letter_and_the_rest_stays_queued(post: Post) -> None:
    ids = post.cancellations(4)
    backend = MemoryBackend()
    assert post.deliver(backend, stop=lambda: len(backend.sent) == 2) == Delivered(sent=2)
    assert [post.state(id_, "status", "tries") for id_ in ids[2:]] == [("queued", 0)] * 2
    assert post.deliver(backend) == Delivered(sent=2)


def test_no_lock_is_left_behind(post: Post) -> None:
    post.cancellations(2)
    with pytest.raises(Crash):
        post.deliver(MemoryBackend(raising(Crash())))
    post.deliver()
    assert post.world.one(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    ) == (0,)
