"""Why Stripe, or a bank behind it, says no: in our codes and words, and whether another day may help.

A card is declined with a code and often a narrower decline code (docs.stripe.com/declines/codes). Hard are those that
Stripe never tries again either, those by which the bank tells that the card or the account is gone, and those that
only the customer can remove. ``do_not_honor``, ``generic_decline`` and the like say nothing, and pass often: soft.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from kalends.payments.processors.interface import Decline


class Reason(NamedTuple):
    """A refusal in our words: the code is the sandbox's where it has the same."""

    code: str
    message: str
    decline: Decline


_SAME_CODE = {
    "incorrect_zip": "incorrect_postal_code",
    "generic_decline": "card_declined",
    "do_not_honor": "card_declined",
    "no_action_taken": "card_declined",
    "bank_account_declined": "card_declined",
    "authentication_not_handled": "authentication_required",
    "payment_intent_authentication_failure": "authentication_required",
    "offline_pin_required": "authentication_required",
    "online_or_offline_pin_required": "authentication_required",
    "no_account": "invalid_account",
    "bank_account_unusable": "invalid_account",
    "account_number_invalid": "invalid_account",
    "incorrect_number": "invalid_account",
    "invalid_number": "invalid_account",
    "new_account_information_available": "invalid_account",
    "restricted_card": "pickup_card",
    "revocation_of_all_authorizations": "revocation_of_authorization",
    "stop_payment_order": "revocation_of_authorization",
    "bank_ownership_changed": "account_closed",
    "debit_authorization_not_match": "debit_not_authorized",
    "payment_method_not_available": "card_declined",
    "expired_bank_account": "account_closed",
}
_HARD = {
    "expired_card": "The card has expired.",
    "lost_card": "The card was reported lost.",
    "stolen_card": "The card was reported stolen.",
    "pickup_card": "The bank does not let this card be used any more.",
    "account_closed": "The account is closed.",
    "invalid_account": "The card number or the bank account does not exist.",
    "revocation_of_authorization": "The customer told the bank to stop payments to you.",
    "debit_not_authorized": "The customer told the bank not to accept this debit.",
    "transaction_not_allowed": "The bank does not allow this kind of payment with this card.",
    "card_not_supported": "The card cannot be used for this kind of payment.",
    "currency_not_supported": "The card cannot be charged in this currency.",
    "fraudulent": "The payment was blocked as a likely fraud.",
    "highest_risk_level": "The payment was blocked as a likely fraud.",
    "merchant_blacklist": "The payment was blocked by a rule of your own at Stripe.",
    "do_not_try_again": "The bank asks not to try this card again.",
    "payment_method_invalid": "The way to pay is not known at Stripe any more.",
    "payment_intent_mandate_invalid": "The customer's consent to be debited is not valid any more.",
    "authentication_required": "The bank wants the customer to confirm the payment.",
}
_SOFT = {
    "card_declined": "The bank declined the card without giving a reason.",
    "incorrect_postal_code": "The postal code is not the one that the bank knows.",
    "incorrect_cvc": "The security code is not the one that the bank knows.",
    "insufficient_funds": "There was not enough money in the account.",
    "card_velocity_exceeded": "The card's limit is used up for now.",
    "withdrawal_count_limit_exceeded": "The card's limit is used up for now.",
    "processing_error": "The bank could not answer; it may another day.",
    "issuer_not_available": "The bank could not answer; it may another day.",
    "try_again_later": "The bank could not answer; it may another day.",
    "reenter_transaction": "The bank could not answer; it may another day.",
    "call_issuer": "The customer has to call the bank.",
    "approve_with_id": "The customer has to call the bank.",
    "duplicate_transaction": "The bank took the payment for one that was just made.",
    "refer_to_customer": "The bank sent the debit back without giving a reason.",
    "debit_disputed": "The customer sent the debit back.",
}


def reason_of(error: dict[str, Any]) -> Reason:
    """What an error about a card or a bank account means (``error`` of an answer, or ``last_payment_error``).

    >>> reason_of({"code": "card_declined", "decline_code": "insufficient_funds"}).decline
    'soft'
    >>> reason_of({"code": "card_declined", "decline_code": "stolen_card"})[::2]
    ('stolen_card', 'hard')
    >>> reason_of({"code": "card_declined", "decline_code": "do_not_honor"}).code
    'card_declined'
    >>> reason_of({"code": "expired_card"}).message
    'The card has expired.'

    One that is not known here keeps its code and Stripe's own sentence, and may pass.

    >>> reason_of({"code": "odd_one", "message": "Odd."})
    Reason(code='odd_one', message='Odd.', decline='soft')
    """
    code = error.get("decline_code") or error.get("code") or "card_declined"
    if code == "authentication_required" or error.get("code") == "authentication_required":
        code = "authentication_required"
    code = _SAME_CODE.get(code, code)
    if code in _HARD:
        return Reason(code, _HARD[code], "hard")
    if code in _SOFT:
        return Reason(code, _SOFT[code], "soft")
    return Reason(code, error.get("message") or "The payment was declined.", "soft")


_REFUSALS = {
    "resource_missing": "no_such_token",
    "amount_too_small": "invalid_amount",
    "amount_too_large": "invalid_amount",
}


def reason_of_refusal(error: dict[str, Any], told: str) -> Reason:
    """Why Stripe did not even ask the bank: about the way to pay, in its words; else a matter between Stripe and us.

    >>> reason_of_refusal({"code": "payment_intent_mandate_invalid"}, "No.").message
    "The customer's consent to be debited is not valid any more."
    >>> reason_of_refusal({"code": "amount_too_small"}, "Amount must be at least 50 cents")[:2]
    ('invalid_amount', 'Amount must be at least 50 cents')
    >>> reason_of_refusal({"code": "parameter_unknown"}, "Received unknown parameter: x").code
    'request_refused'
    """
    code = error.get("code") or ""
    if _SAME_CODE.get(code, code) in {*_HARD, *_SOFT}:
        return reason_of(error)
    return Reason(_REFUSALS.get(code, "request_refused"), told, "hard")


ABOUT_US = frozenset(
    {
        "testmode_charges_only",
        "livemode_mismatch",
        "api_key_expired",
        "secret_key_required",
        "platform_api_key_expired",
        "account_invalid",
        "account_country_invalid_address",
        "lock_timeout",
        "not_allowed_on_standard_account",
        "idempotency_key_in_use",
        "rate_limit",
    }
)
"""Codes of refusals that are the merchant's own matter or the moment's, and no word about the customer's money."""
