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
    "pickup_card": gettext_lazy("The bank does not let this card be used any more"),
    "invalid_account": gettext_lazy("The card number or the bank account does not exist"),
    "revocation_of_authorization": gettext_lazy("The customer told the bank to stop payments to you"),
    "transaction_not_allowed": gettext_lazy("The bank does not allow this kind of payment with this card"),
    "card_not_supported": gettext_lazy("The bank does not allow this kind of payment with this card"),
    "currency_not_supported": gettext_lazy("This payment method cannot be charged in this currency"),
    "fraudulent": gettext_lazy("The payment was blocked as a likely fraud"),
    "highest_risk_level": gettext_lazy("The payment was blocked as a likely fraud"),
    "do_not_try_again": gettext_lazy("The bank asks not to try this card again"),
    "payment_intent_mandate_invalid": gettext_lazy(
        "The customer's consent to be debited is not valid any more"
    ),
    "method_ended": gettext_lazy("The payment method cannot be charged any more"),
    "no_such_token": gettext_lazy("The processor does not know the stored payment method"),
    "card_velocity_exceeded": gettext_lazy("The card's limit is used up for now"),
    "processing_error": gettext_lazy("The bank could not answer; it may another day"),
    "issuer_not_available": gettext_lazy("The bank could not answer; it may another day"),
    "try_again_later": gettext_lazy("The bank could not answer; it may another day"),
    "call_issuer": gettext_lazy("The customer has to call the bank"),
    "charge_already_refunded": gettext_lazy("All of this payment was given back before"),
    "charge_disputed": gettext_lazy("The customer's bank has taken this money back already"),
    "charge_failed": gettext_lazy("The charge failed, so there is nothing to give back"),
    "subscription_ended": gettext_lazy("The subscription ended before this charge was sent"),
    "subscription_paused": gettext_lazy("The subscription was paused before this charge was sent"),
    "wrong_method": gettext_lazy("The stored payment method is of another kind than the charge"),
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
