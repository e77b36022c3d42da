"""What guards a user's way in: second factors, passkeys, sessions, and attempts that failed.

These belong to people, not to accounts: somebody signs in before any account is entered. A copy of the database alone
lets nobody in: a TOTP secret is sealed, recovery codes are hashed, a passkey's key is public.
"""

from typing import ClassVar

from django.db import models


class SecondFactor(models.Model):
    """A user's app that shows codes (TOTP); it counts from ``confirmed_at`` on, when a first code fitted.

    ``last_step`` is the 30-second step of the last code that was taken, so that none is taken twice.
    """

    user_id = models.BigIntegerField(primary_key=True)
    sealed_secret = models.BinaryField()
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "second_factor"


class RecoveryCode(models.Model):
    """A code that stands in for a lost second factor, once. The code is kept nowhere.

    ``hash`` is a salt, which the codes of a user share, a dollar sign, and Argon2id of the code; in rows from earlier
    times it is the SHA-256 alone.
    """

    id = models.BigAutoField(primary_key=True)
    user_id = models.BigIntegerField()
    hash = models.TextField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "recovery_code"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user_id", "hash"], name="recovery_code_once")
        ]


class Passkey(models.Model):
    """A key that a user's device keeps (WebAuthn); ``sign_count`` is what the device last said it had signed."""

    id = models.BigAutoField(primary_key=True)
    user_id = models.BigIntegerField(db_index=True)
    name = models.TextField()
    credential_id = models.BinaryField(unique=True)
    public_key = models.BinaryField()
    sign_count = models.BigIntegerField()
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "passkey"


class UserSession(models.Model):
    """A browser in which a user is signed in. It lives as long as Django's session of the same key."""

    id = models.BigAutoField(primary_key=True)
    user_id = models.BigIntegerField(db_index=True)
    session_key = models.TextField(unique=True)
    address = models.TextField(default="", db_default="")
    agent = models.TextField(default="", db_default="")
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "user_session"


class SignInAttempt(models.Model):
    """How often somebody failed to come in, by a digest of the address, machine or user that is counted."""

    subject = models.TextField(primary_key=True)
    failures = models.IntegerField()
    last_at = models.DateTimeField()
    closed_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "sign_in_attempt"
