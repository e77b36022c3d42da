"""An email to a segment: one letter for each reader in their words and language, and none for who refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from psycopg import Connection
from pytest_django import DjangoDbBlocker

from kalends.accounts.context import AccountContext
from kalends.accounts.people import add_member, add_user
from kalends.catalog import get_object
from kalends.crm.create import NewContact, create_contacts
from kalends.crm.erasure import erase_contact
from kalends.messages.backends.interface import Backend
from kalends.messages.delivery import deliver
from kalends.messages.envelope import Envelope
from kalends.messages.refusals import Leaving, digest_of, leave, link_to_leave, refusing
from kalends.platform import translations
from kalends.segments import mailings
from kalends.segments.evaluation import keep
from kalends.segments.mail_words import MailWords, WordsRefused, checked
from kalends.segments.mailings import MailingRefused, find_mailing, send_next, start, stop, write_mailing
from kalends.segments.segment import find_segment
from kalends.segments.services import create_segment, delete_segment

WORDS = {
    "en": MailWords("News for {{ firstname | you }}", "Hello {{ firstname | there }}.\n\nSee you soon."),
    "fi": MailWords("Uutisia", "Hei {{ firstname }}!"),
}
ALL = {"groups": [[{"property": "createdate", "operator": "known"}]]}


class Postman(Backend):
    """Keeps what it is handed."""

    def __init__(self) -> None:
        self.sent: list[Envelope] = []

    def open(self) -> None: ...

    def send(self, envelope: Envelope) -> None:
        self.sent.append(envelope)

    def close(self) -> None: ...


@pytest.fixture
def readers(db: Connection[Any], account: AccountContext) -> list[int]:
    """Four contacts: one who reads Finnish, one without a name, one without an address, one who opted out."""
    ids = create_contacts(
        db,
        account,
        [
            NewContact(email="aino@example.com", first_name="Aino", language="fi"),
            NewContact(email="nobody@example.com", language="en"),
            NewContact(first_name="Per"),
            NewContact(email="kari@example.com", first_name="Kari"),
        ],
    )
    db.execute(
        "UPDATE contact SET email_opt_out = TRUE WHERE account_id = %s AND id = %s", [account.id, ids[3]]
    )
    return ids


@pytest.fixture
def mailing(db: Connection[Any], account: AccountContext, readers: list[int]) -> int:
    """A draft to all of them, and a user who may send it."""
    segment = create_segment(db, account, name="Everybody", object="contact", kind="active", filter=ALL)
    keep(db, account)
    return write_mailing(db, account, name="News", segment_id=segment, words=WORDS)


@pytest.fixture
def sender(db: Connection[Any], account: AccountContext) -> int:
    """A user who may send it."""
    user = add_user(db, email=f"sender.{account.id}@example.com", name="Sender")
    add_member(db, account.id, user)
    return user


def outbox(db: Connection[Any], ctx: AccountContext) -> list[tuple[str, str]]:
    """Who is written to, and the subject."""
    query = "SELECT recipient, given ->> 'subject' FROM message WHERE account_id = %s AND kind = 'mailing' ORDER BY 1"
    return [(row[0], row[1]) for row in db.execute(query, [ctx.id]).fetchall()]


def test_each_reader_gets_one_letter_in_their_language_and_can_leave_at_one_click(
    db: Connection[Any],
    account: AccountContext,
    mailing: int,
    sender: int,
    django_db_blocker: DjangoDbBlocker,
) -> None:
    start(db, account, mailing, sender, "user:1")
    assert send_next(db, account) == (2, False)
    assert send_next(db, account) is None
    assert outbox(db, account) == [("aino@example.com", "Uutisia"), ("nobody@example.com", "News for you")]
    kept = find_mailing(db, account, mailing)
    assert (kept.status, kept.queued, kept.skipped) == ("sent", 2, 2)
    db.execute("UPDATE message SET status = 'queued' WHERE account_id = %s", [account.id])
    postman = Postman()
    deliver(db, account, postman, 10)
    letter = next(each.message for each in postman.sent if each.recipient == "nobody@example.com")
    link = str(letter["List-Unsubscribe"]).strip("<>")
    assert "/unsubscribe/" in link
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text = letter.get_body(("plain",)).get_content()
    assert "Hello there." in text
    assert link in text
    with django_db_blocker.unblock():
        answer = Client(enforce_csrf_checks=True).post(
            re.sub(r"^https?://[^/]+", "", link), {"List-Unsubscribe": "One-Click"}
        )
    assert answer.status_code == 200
    assert refusing(db, account, ["nobody@example.com"]) == {"nobody@example.com"}


def test_a_worker_that_is_killed_leaves_the_rest_to_the_next_and_nobody_gets_two(
    db: Connection[Any], account: AccountContext, mailing: int, sender: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailings, "STEP", 1)
    start(db, account, mailing, sender, "user:1")
    assert send_next(db, account) == (1, True)
    with db.transaction(force_rollback=True):
        send_next(db, account)
    while send_next(db, account):
        pass
    assert len(outbox(db, account)) == 2
    db.execute("UPDATE mailing SET status = 'sending', after = 0 WHERE account_id = %s", [account.id])
    while send_next(db, account):
        pass
    assert len(outbox(db, account)) == 2, "begun anew from the first, each address has its letter already"


def test_who_refused_gets_none_again_even_as_another_contact_after_an_erasure(
    db: Connection[Any],
    account: AccountContext,
    readers: list[int],
    mailing: int,
    sender: int,
    django_db_blocker: DjangoDbBlocker,
) -> None:
    translations.compile_translations()
    path = re.sub(r"^https?://[^/]+", "", link_to_leave(account.id, readers[0], "Aino@example.com"))
    with django_db_blocker.unblock():
        asked = Client().get(path)
        assert "Get no more of these emails?" in asked.content.decode()
        assert refusing(db, account, ["aino@example.com"]) == set(), "looking changes nothing"
        told = Client().post(path).content.decode()
        assert Client().get(f"{path}x").status_code == 404
    assert "You get no more of these emails" in told
    opted = db.execute("SELECT email_opt_out FROM contact WHERE id = %s", [readers[0]]).fetchone()
    assert opted == (True,)
    erase_contact(db, account, readers[0])
    create_contacts(db, account, [NewContact(email="aino@example.com", first_name="Aino")])
    keep(db, account)
    start(db, account, mailing, sender, "user:1")
    send_next(db, account)
    assert [address for address, _subject in outbox(db, account)] == ["nobody@example.com"]


def test_what_is_stopped_goes_no_farther_and_what_was_sent_is_not_written_anew(
    db: Connection[Any], account: AccountContext, mailing: int, sender: int
) -> None:
    start(db, account, mailing, sender, "user:1")
    stop(db, account, mailing, "user:1")
    assert send_next(db, account) is None
    with pytest.raises(MailingRefused) as refusal:
        start(db, account, mailing, sender, "user:1")
    assert refusal.value.reason == "not_draft"


def test_who_unsubscribes_gets_not_even_what_waits_whatever_address_they_have_by_then(
    db: Connection[Any], account: AccountContext, readers: list[int], mailing: int, sender: int
) -> None:
    start(db, account, mailing, sender, "user:1")
    send_next(db, account)
    db.execute("UPDATE message SET status = 'queued' WHERE account_id = %s", [account.id])
    db.execute("UPDATE contact SET email = 'new@example.com' WHERE id = %s", [readers[0]])
    leave(db, account, Leaving(account.id, readers[0], digest_of(account.id, "aino@example.com")))
    statuses = "SELECT recipient, status FROM message WHERE account_id = %s ORDER BY 1"
    assert db.execute(statuses, [account.id]).fetchall() == [
        ("aino@example.com", "failed"),
        ("nobody@example.com", "queued"),
    ]


def test_a_letter_that_was_decided_on_meanwhile_is_stopped_when_it_is_taken_up(
    db: Connection[Any], account: AccountContext, readers: list[int], mailing: int, sender: int
) -> None:
    start(db, account, mailing, sender, "user:1")
    leaving = [
        Leaving(account.id, readers[0], digest_of(account.id, "AINO@example.com ")),
        Leaving(account.id, readers[1], digest_of(account.id, "other@example.com")),
    ]
    send_next(db, account)
    db.execute("UPDATE message SET status = 'sending' WHERE account_id = %s", [account.id])
    for each in leaving:
        leave(db, account, each)
    db.execute("UPDATE message SET status = 'queued' WHERE account_id = %s", [account.id])
    postman = Postman()
    came_of_it = deliver(db, account, postman, 10)
    assert [each.recipient for each in postman.sent] == ["nobody@example.com"]
    assert (came_of_it.sent, came_of_it.failed) == (1, 1)
    stopped = "SELECT error, tries FROM message WHERE account_id = %s AND status = 'failed'"
    assert db.execute(stopped, [account.id]).fetchall() == [("The reader wants no more of these emails.", 0)]


def test_an_email_whose_segment_is_deleted_meanwhile_says_that_it_stopped(
    db: Connection[Any], account: AccountContext, mailing: int, sender: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailings, "STEP", 1)
    start(db, account, mailing, sender, "user:1")
    send_next(db, account)
    delete_segment(db, account, find_mailing(db, account, mailing).segment_id)
    assert send_next(db, account) == (0, False)
    kept = find_mailing(db, account, mailing)
    assert (kept.status, kept.queued) == ("stopped", 1)
    assert kept.problem == mailings.SEGMENT_GONE


def test_an_erased_person_stands_in_no_segment_and_no_email_to_one(
    db: Connection[Any], account: AccountContext, readers: list[int]
) -> None:
    asked = {"groups": [[{"property": "email", "operator": "is_any_of", "values": ["aino@example.com"]}]]}
    segment = create_segment(
        db, account, name="aino@example.com", object="contact", kind="active", filter=asked
    )
    words = {"en": MailWords("News of AINO@example.com", "Write to aino@example.com.")}
    mailing = write_mailing(db, account, name="For aino@example.com", segment_id=segment, words=words)
    keep(db, account)
    erase_contact(db, account, readers[0])
    kept = find_segment(db, account, segment)
    assert "aino" not in f"{kept} {find_mailing(db, account, mailing)}".lower()
    assert kept.is_waiting
    keep(db, account)
    assert find_segment(db, account, segment).size == 0


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"en": MailWords("", "Hello")},
        {"en": MailWords("Hello", "Dear {{ fristname }}")},
        {"en": MailWords("Hello", "Dear {{ firstname")},
        {"en": MailWords("x" * 200, "Hello")},
    ],
)
def test_words_that_cannot_be_sent_are_refused(words: dict[str, MailWords]) -> None:
    with pytest.raises(WordsRefused):
        checked(get_object("contact"), words)


def test_a_letter_names_the_owner_and_never_their_number(
    db: Connection[Any], account: AccountContext, readers: list[int], sender: int
) -> None:
    db.execute(
        "UPDATE contact SET owner_id = %s WHERE account_id = %s AND id = %s", [sender, account.id, readers[0]]
    )
    words = {"en": MailWords("From {{ hubspot_owner_id | us }}", "Yours, {{ hubspot_owner_id | all of us }}")}
    segment = create_segment(db, account, name="Everybody", object="contact", kind="active", filter=ALL)
    keep(db, account)
    start(
        db,
        account,
        write_mailing(db, account, name="News", segment_id=segment, words=words),
        sender,
        "user:1",
    )
    send_next(db, account)
    assert outbox(db, account) == [("aino@example.com", "From Sender"), ("nobody@example.com", "From us")]
