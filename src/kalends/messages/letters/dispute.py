"""To the account's administrators: a customer disputes a payment at the bank, and how that ended."""

from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Dispute, Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.payment_made import about_customer
from kalends.messages.letters.words import (
    Row,
    Words,
    invoice_number,
    next_payment,
    open_subscription,
    when_and_how,
)


def compose_opened(facts: Facts, formats: Formats) -> Words:
    """Whose payment is disputed, what the processor has taken back, and until when there is time to answer."""
    dispute, customer = _dispute(facts), facts.customer.name
    until = _(
        "Send your evidence to the payment processor by %(date)s. After that the bank decides without it."
    ) % {"date": formats.day(dispute.evidence_due_on)}
    taken = dispute.amount_minor + dispute.fee_minor
    return _words(
        facts,
        formats,
        subject=_("Disputed: %(amount)s by %(customer)s") % _amount_and_customer(facts, formats),
        preview=until,
        opening=_("%(customer)s disputes a payment") % {"customer": customer},
        day=_("disputed on %(date)s") % {"date": formats.day(dispute.opened_on)},
        rows=(
            Row(_("Taken back by the bank"), formats.figure(-dispute.amount_minor, dispute.currency)),
            Row(_("Dispute fee"), formats.figure(-dispute.fee_minor, dispute.currency), weight="quiet"),
            Row(_("Missing for now"), formats.money(-taken, dispute.currency), weight="total"),
        ),
        closing=(until, _("The invoice stays paid and the subscription goes on while the bank decides.")),
    )


def compose_won(facts: Facts, formats: Formats) -> Words:
    """That the money came back, and the fee did not."""
    dispute = _dispute(facts)
    back = _("The bank decided for you. The money is yours again; the dispute fee is not given back.")
    return _words(
        facts,
        formats,
        subject=_("Dispute won: %(amount)s by %(customer)s") % _amount_and_customer(facts, formats),
        preview=back,
        opening=_("You won the dispute with %(customer)s") % {"customer": facts.customer.name},
        day=_decided(dispute, formats),
        rows=(
            Row(_("Given back by the bank"), formats.figure(dispute.amount_minor, dispute.currency)),
            Row(_("Dispute fee"), formats.figure(-dispute.fee_minor, dispute.currency), weight="quiet"),
        ),
        closing=(back, *next_payment(facts.agreement, formats)),
    )


def compose_lost(facts: Facts, formats: Formats) -> Words:
    """That the money is gone, and what that does not change."""
    dispute = _dispute(facts)
    gone = _("The bank decided for the customer. The money is written off and the invoice stays paid.")
    lost = dispute.amount_minor + dispute.fee_minor
    return _words(
        facts,
        formats,
        subject=_("Dispute lost: %(amount)s by %(customer)s") % _amount_and_customer(facts, formats),
        preview=gone,
        opening=_("You lost the dispute with %(customer)s") % {"customer": facts.customer.name},
        day=_decided(dispute, formats),
        rows=(
            Row(_("Amount"), formats.figure(-dispute.amount_minor, dispute.currency)),
            Row(_("Dispute fee"), formats.figure(-dispute.fee_minor, dispute.currency), weight="quiet"),
            Row(_("Lost"), formats.money(-lost, dispute.currency), weight="total"),
        ),
        closing=(gone, *next_payment(facts.agreement, formats)),
    )


def _dispute(facts: Facts) -> Dispute:
    assert facts.dispute is not None
    return facts.dispute


def _amount_and_customer(facts: Facts, formats: Formats) -> dict[str, str]:
    dispute, customer = _dispute(facts), facts.customer
    return {
        "amount": formats.money(dispute.amount_minor, dispute.currency),
        "customer": customer.company or customer.name,
    }


def _decided(dispute: Dispute, formats: Formats) -> str:
    return _("decided on %(date)s") % {"date": formats.day(dispute.decided_on or dispute.opened_on)}


def _words(
    facts: Facts,
    formats: Formats,
    *,
    subject: str,
    preview: str,
    opening: str,
    day: str,
    rows: tuple[Row, ...],
    closing: tuple[str, ...],
) -> Words:
    """What the three notices have in common: the payment it is about, the customer, and the way to the subscription."""
    dispute, charge, seller = _dispute(facts), facts.charge, facts.seller.name
    assert charge is not None
    paid = _("paid %(when_and_how)s") % {"when_and_how": when_and_how(charge, formats)}
    return Words(
        subject=subject,
        preview=preview,
        opening=opening,
        figure=formats.figure(dispute.amount_minor, dispute.currency),
        unit=dispute.currency,
        below=(day, paid, *invoice_number(facts.document)),
        rows=(*about_customer(facts), *rows),
        closing_title=_("What happens next"),
        closing=closing,
        link=open_subscription(facts.agreement),
        footer=(
            _("You get this because you administer %(seller)s and want to be told of disputes.")
            % {"seller": seller},
        ),
    )
