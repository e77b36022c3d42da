"""A second factor: codes of an app (TOTP, RFC 6238), and recovery codes for the day on which the device is lost."""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import datetime

from argon2.low_level import Type, hash_secret_raw
from django.db import transaction
from pyotp.totp import TOTP

from kalends.accounts.models import User
from kalends.accounts.sign_in_models import Passkey, RecoveryCode, SecondFactor
from kalends.platform.sealing import seal, unseal
from kalends.query.context import Cursor

STEP_SECONDS = 30
CODES = 10
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_LENGTH = 10


def is_wanted(user_id: int) -> bool:
    """Whether a password alone does not let the user in: there is an app or a passkey."""
    return has_app(user_id) or Passkey.objects.filter(user_id=user_id).exists()


def has_app(user_id: int) -> bool:
    """Whether an app's code was once confirmed."""
    return SecondFactor.objects.filter(user_id=user_id, confirmed_at__isnull=False).exists()


def is_demanded(cursor: Cursor, account_id: int) -> bool:
    """Whether an account wants one of everybody who works in it (``second_factor_for_all`` of its settings)."""
    cursor.execute(
        "SELECT FROM account WHERE id = %s AND settings ->> 'second_factor_for_all' = 'true'", [account_id]
    )
    return bool(cursor.fetchall())


def begin_app(user: User) -> str:
    """A new secret for an app, which does not count yet; returns the address that its QR code holds."""
    secret = base64.b32encode(secrets.token_bytes(20)).decode()
    SecondFactor.objects.filter(user_id=user.id, confirmed_at__isnull=True).delete()
    SecondFactor.objects.create(user_id=user.id, sealed_secret=seal(secret))
    return TOTP(secret).provisioning_uri(name=user.email, issuer_name="Kalends")


def pending_app(user: User) -> str:
    """The address of the secret that waits for its first code; empty when there is none."""
    found = SecondFactor.objects.filter(user_id=user.id, confirmed_at__isnull=True).first()
    if found is None:
        return ""
    return TOTP(unseal(found.sealed_secret)).provisioning_uri(name=user.email, issuer_name="Kalends")


def confirm_app(user_id: int, code: str, now: datetime) -> bool:
    """Let the app count from here on, if its code fits."""
    with transaction.atomic():
        found = SecondFactor.objects.select_for_update().filter(user_id=user_id, confirmed_at__isnull=True)
        factor = found.first()
        if factor is None or not _takes(factor, code, now):
            return False
        factor.confirmed_at = now
        factor.save(update_fields=["confirmed_at", "last_step"])
    return True


def remove_app(user_id: int) -> bool:
    """Forget the app. Where nothing else is left that a password needs, the recovery codes go as well."""
    gone, _what = SecondFactor.objects.filter(user_id=user_id).delete()
    forget_unneeded_codes(user_id)
    return bool(gone)


def takes_code(user_id: int, code: str, now: datetime) -> bool:
    """Whether this is the code of the user's app now, one step before or after; each is taken once."""
    with transaction.atomic():
        factor = (
            SecondFactor.objects.select_for_update()
            .filter(user_id=user_id, confirmed_at__isnull=False)
            .first()
        )
        if factor is None or not _takes(factor, code, now):
            return False
        factor.save(update_fields=["last_step"])
    return True


def takes_recovery_code(user_id: int, code: str, now: datetime) -> bool:
    """Use up a recovery code, if this is one."""
    unused = RecoveryCode.objects.filter(user_id=user_id, used_at__isnull=True)
    first = unused.values_list("hash", flat=True).first()
    if first is None:
        return False
    salt, mark, _digest = first.rpartition("$")
    typed = _hashed(code, salt) if mark else _hashed_before(code)
    return unused.filter(hash=typed).update(used_at=now) == 1


def new_recovery_codes(user_id: int) -> list[str]:
    """Ten new codes, which end the earlier ones; they are told only here."""
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)) for _ in range(CODES)]
    salt = secrets.token_hex(16)
    with transaction.atomic():
        RecoveryCode.objects.filter(user_id=user_id).delete()
        RecoveryCode.objects.bulk_create(
            RecoveryCode(user_id=user_id, hash=_hashed(code, salt)) for code in codes
        )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def recovery_codes_left(user_id: int) -> int:
    """How many codes are unused."""
    return RecoveryCode.objects.filter(user_id=user_id, used_at__isnull=True).count()


def forget_unneeded_codes(user_id: int) -> None:
    """Recovery codes mean nothing where a password suffices."""
    if not is_wanted(user_id):
        RecoveryCode.objects.filter(user_id=user_id).delete()


def _takes(factor: SecondFactor, code: str, now: datetime) -> bool:
    """Whether the code fits, and which step it was, which no later code may repeat."""
    typed = "".join(code.split())
    totp = TOTP(unseal(factor.sealed_secret), interval=STEP_SECONDS)
    present = totp.timecode(now)
    for step in (present, present - 1, present + 1):
        if step > factor.last_step and secrets.compare_digest(
            totp.generate_otp(step).encode(), typed.encode()
        ):
            factor.last_step = step
            return True
    return False


def _hashed(code: str, salt: str) -> str:
    """A code is short enough to be guessed from a plain hash, so that this one takes its time.

    The codes of a user share their salt: one computation finds which of them was typed.
    """
    digest = hash_secret_raw(
        _plain(code), salt.encode(), time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, type=Type.ID
    )
    return f"{salt}${digest.hex()}"


def _hashed_before(code: str) -> str:
    """How codes were kept at first."""
    return hashlib.sha256(_plain(code)).hexdigest()


def _plain(code: str) -> bytes:
    return "".join(each for each in code.lower() if each.isalnum()).encode()
