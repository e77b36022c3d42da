"""Rendering: from rows of the outbox to letters, in a number of queries that does not grow with the block."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.utils import translation
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.documents.invoice import InvoiceDocument, read_invoices
from kalends.documents.samples import sample_invoice
from kalends.documents.sheet import sheet
from kalends.messages.letters.facts import Facts
from kalends.messages.letters.formats import Formats, language_of, locale_of
from kalends.messages.letters.kinds import KINDS
from kalends.messages.letters.layout import Rendered, lay_out
from kalends.messages.letters.read import READERS
from kalends.messages.letters.samples import sample


class MessageRow(NamedTuple):
    """What the outbox knows of a letter: enough to write it."""

    id: int
    kind: str
    object_id: int
    occasion: str
    recipient: str
    language: str
    created_at: datetime


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
    invoices = read_invoices(db, ctx, [row.object_id for row in rows]) if known.attaches_invoice else {}
    return [_written(kind, row, facts.get(row.id), invoices.get(row.object_id)) for row in rows]


def _written(
    kind: str, row: MessageRow, facts: Facts | None, invoice: InvoiceDocument | None
) -> Rendered | CannotRender:
    if facts is None:
        return CannotRender(
            f"The {KINDS[kind].about} {row.object_id}, which this letter is about, is not there any more."
        )
    return write(kind, facts, row.language, invoice)


def write(kind: str, facts: Facts, language: str, invoice: InvoiceDocument | None = None) -> Rendered:
    """Put facts into a letter of this kind, in this language or the nearest one that we write.

    The invoice that goes with it speaks its own language: it may be kept for longer than the letter is.
    """
    known = KINDS[kind]
    spoken = language_of(language)
    country = facts.seller.country if known.to_staff else facts.customer.country or facts.seller.country
    with translation.override(spoken):
        words = known.compose(facts, Formats(locale_of(spoken, country)))
        letter = lay_out(words, facts.seller, spoken, test=facts.test)
    return letter if invoice is None else letter._replace(attached=sheet(invoice))


def preview(kind: str, language: str) -> Rendered:
    """A letter of this kind with made-up people and amounts, to look at. Raises ``KeyError`` for an unknown kind."""
    spoken = language_of(language)
    invoice = sample_invoice(spoken) if KINDS[kind].attaches_invoice else None
    return write(kind, sample(kind, spoken), language, invoice)
