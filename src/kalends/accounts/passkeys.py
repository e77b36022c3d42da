"""Passkeys (WebAuthn): keys that a user's device keeps, by which it proves that the user is there.

A passkey alone lets somebody in, because the device asks for a finger, a face or a PIN first; so that is required.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

import webauthn
from django.db import transaction
from django.utils.crypto import salted_hmac
from webauthn.helpers import base64url_to_bytes, options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from kalends.accounts.models import User
from kalends.accounts.second_factor import forget_unneeded_codes
from kalends.accounts.sign_in_models import Passkey

NAME_LENGTH_MAX = 60
PASSKEYS_MAX = 20
_UNFIT = (
    WebAuthnException,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
"""What comes of answers that no browser gives: the library finds other things there than it looks for."""


class Site(NamedTuple):
    """The address that passkeys are for: a host (without its port), and the whole origin."""

    host: str
    origin: str


class Asked(NamedTuple):
    """What the browser is asked, as JSON, and the challenge that its answer must hold."""

    options: str
    challenge: bytes


def ask_for_new(user: User, site: Site) -> Asked:
    """Ask a browser to make a passkey; a device that has one for this user makes no second."""
    have = Passkey.objects.filter(user_id=user.id).values_list("credential_id", flat=True)
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name="Kalends",
        user_id=salted_hmac("kalends.accounts.passkeys", str(user.id), algorithm="sha256").digest(),
        user_name=user.email,
        user_display_name=user.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=bytes(each)) for each in have],
    )
    return Asked(options_to_json(options), options.challenge)


def keep_new(
    user: User, name: str, answer: dict[str, Any], challenge: bytes, site: Site, now: datetime
) -> Passkey | None:
    """Keep the passkey that a browser made; None when its answer does not hold, or there are too many."""
    if Passkey.objects.filter(user_id=user.id).count() >= PASSKEYS_MAX:
        return None
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except _UNFIT:
        return None
    if Passkey.objects.filter(credential_id=made.credential_id).exists():
        return None
    return Passkey.objects.create(
        user_id=user.id,
        name=fitting_name(name),
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        created_at=now,
    )


def ask_to_sign(site: Site, user_id: int | None = None) -> Asked:
    """Ask a browser to sign with a passkey: one of a user's, or whichever it has for this site."""
    own = (
        Passkey.objects.filter(user_id=user_id).values_list("credential_id", flat=True)
        if user_id is not None
        else []
    )
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        allow_credentials=[PublicKeyCredentialDescriptor(id=bytes(each)) for each in own],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return Asked(options_to_json(options), options.challenge)


def who_signed(answer: dict[str, Any], challenge: bytes, site: Site, now: datetime) -> int | None:
    """The user whose passkey signed the challenge; None when the answer does not hold."""
    try:
        credential_id = base64url_to_bytes(str(answer["rawId"]))
    except _UNFIT:
        return None
    with transaction.atomic():
        key = Passkey.objects.select_for_update().filter(credential_id=credential_id).first()
        if key is None:
            return None
        try:
            signed = webauthn.verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                credential_public_key=bytes(key.public_key),
                credential_current_sign_count=key.sign_count,
                require_user_verification=True,
            )
        except _UNFIT:
            return None
        key.sign_count, key.last_used_at = signed.new_sign_count, now
        key.save(update_fields=["sign_count", "last_used_at"])
    return key.user_id


def rename(user_id: int, id_: int, name: str) -> bool:
    """Call a passkey of the user otherwise; false where it is not theirs."""
    return Passkey.objects.filter(user_id=user_id, id=id_).update(name=fitting_name(name)) == 1


def remove(user_id: int, id_: int) -> bool:
    """Take a passkey away; false where it is not theirs. Where it was the last, recovery codes may go with it."""
    gone, _what = Passkey.objects.filter(user_id=user_id, id=id_).delete()
    forget_unneeded_codes(user_id)
    return bool(gone)


def read_answer(body: bytes) -> dict[str, Any]:
    """A browser's answer; empty when it is no JSON object."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def fitting_name(name: str) -> str:
    """A name of printable characters, cut to a length.

    >>> fitting_name("  My   phone ")
    'My phone'
    """
    clean = " ".join(name.split())
    return "".join(each for each in clean if each.isprintable())[:NAME_LENGTH_MAX] or "Passkey"
