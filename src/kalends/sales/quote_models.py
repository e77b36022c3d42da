"""What of a quote must never change again: what was published, who agreed to it, and what it became."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kalends.accounts.tables import AccountRow


class QuoteVersion(AccountRow):
    """A quote as it was published, word for word. ``public_key`` is the part of its address that is not guessed.

    ``document`` is canonical JSON (sorted keys, no spaces), ``document_hash`` its SHA-256; ``pdf`` is the page that a
    buyer reads, ``pdf_hash`` its SHA-256. ``withdrawn_at`` says since when it is a draft again; a withdrawn version
    cannot be agreed to.
    """

    quote_id = models.BigIntegerField()
    number = models.SmallIntegerField()
    public_key = models.UUIDField()
    document = models.TextField()
    document_hash = models.CharField(max_length=64)
    pdf = models.BinaryField()
    pdf_hash = models.CharField(max_length=64)
    published_at = models.DateTimeField()
    published_by = models.TextField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "quote_version"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "quote_id", "number"], name="quote_version_once"),
            models.UniqueConstraint(
                fields=["account_id", "quote_id"],
                name="quote_version_one_current",
                condition=Q(withdrawn_at__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["account_id", "public_key"], name="quote_version_public_key_once"
            ),
        ]


class QuoteSigning(AccountRow):
    """A code that was sent to a signer's address, to show that they read it. ``code_hash`` is all that is kept of it.

    ``tries`` counts the codes that were typed; ``used_at`` is when the right one was.
    """

    version_id = models.BigIntegerField()
    public_key = models.UUIDField()
    contact_id = models.BigIntegerField()
    email = models.TextField()
    code_hash = models.CharField(max_length=64)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.SmallIntegerField(default=0, db_default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "quote_signing"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "public_key"], name="quote_signing_public_key_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["account_id", "version_id", "sent_at"], name="quote_signing_of_version")
        ]


class QuoteAcceptance(AccountRow):
    """Who agreed to a version of a quote, and everything that shows it; never changed and never deleted.

    ``kind`` is ``clickwrap``, ``esignature`` or ``payment``. ``agreed_text`` is the sentence that was agreed to, in the
    language in which it was read. Of a signature ``image`` is the PNG that was drawn; without one the name was typed.
    ``pdf`` is the signed document: what was published, with a page of evidence.
    """

    version_id = models.BigIntegerField()
    quote_id = models.BigIntegerField()
    kind = models.TextField()
    at = models.DateTimeField()
    signer_name = models.TextField()
    signer_email = models.TextField(null=True)
    contact_id = models.BigIntegerField(null=True)
    email_verified_at = models.DateTimeField(null=True)
    image = models.BinaryField(null=True)
    agreed_text = models.TextField()
    document_hash = models.CharField(max_length=64)
    pdf_hash = models.CharField(max_length=64)
    address = models.TextField()
    agent = models.TextField()
    pdf = models.BinaryField()

    class Meta:
        db_table = "quote_acceptance"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "version_id"], name="quote_accepted_once")
        ]


class QuoteConversion(AccountRow):
    """What a version of a quote was made into by staff: once. ``made`` names subscriptions and invoices."""

    version_id = models.BigIntegerField()
    quote_id = models.BigIntegerField()
    made = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        db_table = "quote_conversion"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "version_id"], name="quote_converted_once")
        ]
