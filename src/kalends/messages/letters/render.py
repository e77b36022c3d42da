"""Rendering: from rows of the outbox to letters, in a number of queries that does not grow with the block."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from django.utils import translation
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.documents.credit_note import CreditNoteDocument, read_credit_notes, sheet_of
from kalends.documents.invoice import InvoiceDocument, read_invoices
from kalends.documents.samples import sample_credit_note, sample_invoice
from kalends.messages.letters.facts import Facts, Seller
from kalends.messages.letters.formats import Formats, language_of, locale_of
from kalends.messages.letters.kinds import KINDS, Kind
from kalends.messages.letters.layout import Rendered, lay_out
from kalends.messages.letters.read import READERS
from kalends.messages.letters.samples import sample
from kalends.messages.letters.wording import STANDARD, Wording, reworded, values_in
from kalends.messages.letters.words import Words, who_writes
from kalends.messages.wordings import read_wordings

AttachedDocument = InvoiceDocument | CreditNoteDocument
"""What goes with a letter as a PDF."""


class MessageRow(NamedTuple):
    """What the outbox knows of a letter: enough to write it."""

    id: int
    kind: str
    object_id: int
    occasion: str
    recipient: str
    language: str
    created_at: datetime
    given: Mapping[str, Any] | None = None


class CannotRender(ValueError):
    """A letter that cannot be written; the message says why, in a sentence for people."""


def render(db: Connection[Any], ctx: AccountContext, row: MessageRow) -> Rendered:
    """Write one letter. Raises ``CannotRender`` when its kind is unknown or what it is about is gone."""
    found = render_block(db, ctx, row.kind, [row])[0]
    if isinstance(found, CannotRender):
        raise found
    return found


def render_block(
    db: Connection[Any], ctx: AccountContext, kind: str, rows: Sequence[MessageRow]
) -> list[Rendered | CannotRender]:
    """Write letters of one kind, in order; a letter that cannot be written does not stop the others.

    A letter tells how things stood when it was decided on, also if it is written much later.
    """
    known = KINDS.get(kind)
    if known is None:
        return [
            CannotRender(f"There is no kind of letter called {kind!r}; known are {', '.join(KINDS)}.")
        ] * len(rows)
    facts = READERS[known.about](db, ctx, rows)
    documents = _documents(db, ctx, known, [row.object_id for row in rows])
    wordings = read_wordings(db, ctx.id, kind) if known.is_worded else {}
    return [_written(kind, row, facts.get(row.id), documents.get(row.object_id), wordings) for row in rows]


def _documents(
    db: Connection[Any], ctx: AccountContext, kind: Kind, ids: Sequence[int]
) -> Mapping[int, AttachedDocument]:
    """The documents that go with letters, by what the letters are about."""
    if kind.attaches_invoice:
        return read_invoices(db, ctx, ids)
    return read_credit_notes(db, ctx, ids) if kind.attaches_credit_note else {}


def _written(
    kind: str,
    row: MessageRow,
    facts: Facts | None,
    document: AttachedDocument | None,
    wordings: Mapping[str, Wording],
) -> Rendered | CannotRender:
    if facts is None:
        return CannotRender(
            f"The {KINDS[kind].about} {row.object_id}, which this letter is about, is not there any more."
        )
    wording = wordings.get(language_of(row.language), STANDARD)
    return write(kind, facts, row.language, document, wording)


def write(
    kind: str,
    facts: Facts,
    language: str,
    document: AttachedDocument | None = None,
    wording: Wording = STANDARD,
) -> Rendered:
    """Put facts into a letter of this kind, in this language or the nearest one that we write.

    The document that goes with it speaks its own language: it may be kept for longer than the letter is.
    """
    spoken = language_of(language)
    formats = _formats(kind, facts, spoken)
    with translation.override(spoken):
        words = _in_words(kind, facts, formats, wording)
        words = replace(words, footer=(*who_writes(facts.seller, formats), *words.footer))
        letter = lay_out(words, facts.seller, spoken, test=facts.test)
    page = sheet_of(document) if document is not None else _page_told(facts)
    return letter._replace(attached=page) if page else letter


def _page_told(facts: Facts) -> Mapping[str, Any] | None:
    """The page that was made when the letter was decided on; an example has none."""
    return facts.dashboard.page if facts.dashboard is not None else None


def _formats(kind: str, facts: Facts, spoken: str) -> Formats:
    country = facts.seller.country
    if not KINDS[kind].to_staff:
        country = facts.customer.country or country
    return Formats(locale_of(spoken, country))


def _in_words(kind: str, facts: Facts, formats: Formats, wording: Wording) -> Words:
    words = KINDS[kind].compose(facts, formats)
    return words if wording == STANDARD else reworded(kind, words, wording, facts, formats)


def preview(kind: str, language: str, seller: Seller | None = None, wording: Wording = STANDARD) -> Rendered:
    """A letter of this kind with made-up people and amounts, to look at; from ``seller``, if that is given.

    Raises ``KeyError`` for an unknown kind.
    """
    spoken = language_of(language)
    document = _sample_document(KINDS[kind], spoken)
    return write(kind, _sample(kind, spoken, seller), language, document, wording)


class Worded(NamedTuple):
    """How a letter is worded by Kalends, and what its placeholders stand for, with made-up people and amounts."""

    standard: Wording
    values: Mapping[str, str]


def sample_wording(kind: str, language: str, seller: Seller | None = None) -> Worded:
    """What a wording of this kind of letter can say in a language. Raises ``KeyError`` for a kind that has none."""
    spoken = language_of(language)
    facts = _sample(kind, spoken, seller)
    formats = _formats(kind, facts, spoken)
    with translation.override(spoken):
        words = _in_words(kind, facts, formats, STANDARD)
        return Worded(Wording(words.subject, words.opening), values_in(kind, facts, formats))


def _sample(kind: str, spoken: str, seller: Seller | None) -> Facts:
    facts = sample(kind, spoken)
    return facts if seller is None else replace(facts, seller=seller)


def _sample_document(kind: Kind, language: str) -> AttachedDocument | None:
    if kind.attaches_invoice:
        return sample_invoice(language)
    return sample_credit_note(language) if kind.attaches_credit_note else None
