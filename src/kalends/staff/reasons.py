"""Why money did not move, in words for people."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from kalends.payments.processors.sandbox.cards import FAILURES

REASONS: dict[str, Promise] = {
    "card_declined": gettext_lazy("The bank declined the card without giving a reason"),
    "incorrect_postal_code": gettext_lazy("The postal code is not the one that the bank knows"),
    "insufficient_funds": gettext_lazy("Not enough funds"),
    "expired_card": gettext_lazy("The card has expired"),
    "lost_card": gettext_lazy("The card was reported lost"),
    "stolen_card": gettext_lazy("The card was reported stolen"),
    "account_closed": gettext_lazy("The account is closed"),
    "debit_not_authorized": gettext_lazy("The customer told the bank not to accept this debit"),
    "authentication_required": gettext_lazy("The bank wants the customer to confirm the payment"),
    "refund_failed": gettext_lazy("The customer's bank sent the refund back"),
    "charge_failed": gettext_lazy("The charge failed, so there is nothing to give back"),
    "currency_not_supported": gettext_lazy("This payment method cannot be charged in this currency"),
    "wrong_method": gettext_lazy("The stored payment method is of another kind than the charge"),
    "no_such_token": gettext_lazy("The processor does not know the stored payment method"),
    "invalid_amount": gettext_lazy("The processor does not accept this amount"),
    "idempotency_key_reused": gettext_lazy(
        "The processor was asked for something else before under this key"
    ),
}
_BY_SENTENCE = {failure.message: code for code, failure in FAILURES.items()}
"""The code behind what the sandbox says: a payment's property keeps the sentence alone."""


def reason(code: str | None, told: str | None) -> str:
    """The reason for a processor's code or for its standard sentence, else what the processor itself told."""
    known = REASONS.get(code or _BY_SENTENCE.get(told or "", ""))
    return str(known) if known else (told or "")
