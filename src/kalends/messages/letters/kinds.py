"""Every kind of letter: how its facts become words, and what its ``object_id`` names."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from kalends.messages.letters import (
    books_differ,
    canceled,
    changed,
    charge_failed,
    credit_note,
    dashboard,
    dispute,
    export_ready,
    invoice,
    invoice_reminder,
    kept,
    own_words,
    pause_notice,
    paused,
    payment_failed,
    payment_made,
    portal_link,
    proof_differs,
    quote,
    receipt,
    refund,
    reminder,
    to_be_canceled,
    to_be_paused,
    update_request,
)
from kalends.messages.letters.facts import Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import Words


class Kind(NamedTuple):
    """One kind of letter. ``about`` is the object it is about, ``to_staff`` says who reads it.

    One of ``own_words`` says what the account wrote and nothing else, so there is nothing to word otherwise.
    With ``attaches_invoice`` the invoice it is about goes with it as a PDF, and so does a credit note.
    """

    about: str
    compose: Callable[[Facts, Formats], Words]
    to_staff: bool = False
    attaches_invoice: bool = False
    attaches_credit_note: bool = False
    own_words: bool = False

    @property
    def is_worded(self) -> bool:
        """Whether accounts can put it into words of their own."""
        return not self.to_staff and not self.own_words


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "receipt": Kind("payment", receipt.compose),
        "charge_failed": Kind("payment", charge_failed.compose),
        "refund": Kind("refund", refund.compose),
        "credit_note": Kind("credit note", credit_note.compose, attaches_credit_note=True),
        "invoice": Kind("invoice", invoice.compose, attaches_invoice=True),
        "invoice_reminder": Kind("invoice", invoice_reminder.compose, attaches_invoice=True),
        "reminder": Kind("subscription", reminder.compose),
        "update_request": Kind("subscription", update_request.compose),
        "changed": Kind("subscription", changed.compose),
        "to_be_paused": Kind("subscription", to_be_paused.compose),
        "paused": Kind("subscription", paused.compose_paused),
        "resumed": Kind("subscription", paused.compose_resumed),
        "to_be_canceled": Kind("subscription", to_be_canceled.compose),
        "kept": Kind("subscription", kept.compose),
        "canceled": Kind("subscription", canceled.compose),
        "portal_link": Kind("contact", portal_link.compose),
        "payment_made": Kind("payment", payment_made.compose, to_staff=True),
        "payment_failed": Kind("payment", payment_failed.compose, to_staff=True),
        "dispute_opened": Kind("disputed payment", dispute.compose_opened, to_staff=True),
        "dispute_won": Kind("disputed payment", dispute.compose_won, to_staff=True),
        "dispute_lost": Kind("disputed payment", dispute.compose_lost, to_staff=True),
        "pause_notice": Kind("subscription", pause_notice.compose, to_staff=True),
        "quote_sent": Kind("quote", quote.compose_sent),
        "quote_code": Kind("quote", quote.compose_code),
        "quote_accepted": Kind("quote", quote.compose_accepted, to_staff=True),
        "books_differ": Kind("comparison", books_differ.compose, to_staff=True),
        "proof_differs": Kind("proof", proof_differs.compose, to_staff=True),
        "workflow_letter": Kind("what a workflow says", own_words.compose_to_contact, own_words=True),
        "workflow_note": Kind(
            "what a workflow says", own_words.compose_to_user, to_staff=True, own_words=True
        ),
        "mailing": Kind("email to a segment", own_words.compose_mailing, own_words=True),
        "export_ready": Kind("export", export_ready.compose, to_staff=True),
        "dashboard": Kind("email of a dashboard", dashboard.compose, to_staff=True),
    }
)
"""By the name under which the outbox keeps them."""
