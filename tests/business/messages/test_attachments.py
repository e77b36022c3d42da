"""The invoice that goes with its letter: one PDF, the same bytes whenever the letter is handed over."""

from __future__ import annotations

import email
import email.policy
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from kalends.messages.backends.files import FileBackend
from kalends.messages.backends.memory import MemoryBackend
from kalends.messages.delivery import Delivered
from kalends.messages.envelope import Envelope
from tests.business.messages.post import Post
from tests.world import World


class Crash(Exception):
    """The process ends between call and outcome."""


@pytest.fixture
def invoiced(world: World) -> int:
    """A subscription whose first invoice waits in the outbox."""
    subscription = world.subscribe(world.customer(country="GB"), "100", net_terms_days=30, tax="25")
    world.until("2026-01-01")
    return subscription


def test_an_invoice_goes_with_its_letter_as_a_pdf_also_as_a_file(
    invoiced: int, post: Post, tmp_path: Path
) -> None:
    assert post.deliver(FileBackend(tmp_path)) == Delivered(sent=1)
    (path,) = tmp_path.iterdir()
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert message.get_content_type() == "multipart/mixed"
    assert [part.get_content_type() for part in message.walk() if not part.is_multipart()] == [
        "text/plain",
        "text/html",
        "application/pdf",
    ]
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == "INV-1001.pdf"
    text = PdfReader(BytesIO(attached.get_content())).pages[0].extract_text()
    assert "125.00" in text
    assert "INV-1001" in text
    assert "The invoice comes with this letter, as a PDF." in post.letter("invoice").text


def test_a_broken_off_letter_goes_out_with_the_same_page_though_the_invoice_has_changed(
    invoiced: int, post: Post
) -> None:
    before = MemoryBackend()

    def crash_after(envelope: Envelope) -> None:
        before.send(envelope)
        raise Crash

    with pytest.raises(Crash):
        post.deliver(MemoryBackend(crash_after))
    post.db.execute("UPDATE invoice SET comments = 'Changed' WHERE subscription_id = %s", [invoiced])
    again = MemoryBackend()
    assert post.deliver(again) == Delivered(sent=1)
    assert again.sent[0].message.as_bytes() == before.sent[0].message.as_bytes()


def test_a_letter_whose_page_cannot_be_made_is_failed_with_the_reason(invoiced: int, post: Post) -> None:
    backend = MemoryBackend()
    (row,) = post.rows("invoice")

    def crash(envelope: Envelope) -> None:
        raise Crash

    with pytest.raises(Crash):
        post.deliver(MemoryBackend(crash))
    post.db.execute(
        'UPDATE message SET attached = attached || \'{"paper": "papyrus"}\' WHERE id = %s', [row.id]
    )
    assert post.deliver(backend) == Delivered(failed=1)
    assert "cannot be laid out" in post.state(row.id, "error")


def test_no_page_goes_with_other_letters(post: Post) -> None:
    post.cancellations(1)
    backend = MemoryBackend()
    post.deliver(backend)
    assert backend.sent[0].message.get_content_type() == "multipart/alternative"
