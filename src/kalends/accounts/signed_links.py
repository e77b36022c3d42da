"""Links that let a customer in without a password: to one invoice, one subscription, or their own pages.

Nothing is stored. A link is signed by the installation's key and says what it is for, which account and record it
leads to, to whose letter it belongs, and until when it holds. It opens that one record and nothing beside it. One that
belongs to a contact dies with that contact's address: whoever corrects a wrong address shuts what was sent there.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

INVOICE, METHOD, PORTAL = "invoice", "method", "portal"
LASTS = {INVOICE: timedelta(days=400), METHOD: timedelta(days=60), PORTAL: timedelta(hours=1)}
"""For how long a link holds, by its purpose: an invoice for as long as its bookkeeping year may still be looked at."""

_LONGEST = 400


class SignedLink(NamedTuple):
    """What a link says. ``contact_id`` is 0 where it belongs to nobody in particular, such as one printed on a PDF."""

    purpose: str
    account_id: int
    record_id: int
    contact_id: int
    expires_at: datetime
    mark: str

    def holds(self, now: datetime, email: str | None) -> bool:
        """Whether it may still be used, by a contact who has that address now (None where it belongs to nobody)."""
        return now < self.expires_at and constant_time_compare(self.mark, _mark(self.contact_id, email))


def token(
    purpose: str,
    account_id: int,
    record_id: int,
    made_at: datetime,
    *,
    contact_id: int = 0,
    email: str | None = None,
) -> str:
    """A link's token; the same for the same arguments, so that a letter which is made again says the same."""
    expires = int((made_at + LASTS[purpose]).timestamp())
    told = [account_id, record_id, contact_id, expires, _mark(contact_id, email)]
    return signer(purpose).sign_object(told)


def address(
    purpose: str,
    account_id: int,
    record_id: int,
    made_at: datetime,
    *,
    contact_id: int = 0,
    email: str | None = None,
) -> str:
    """The whole address of a link, for letters and documents."""
    made = token(purpose, account_id, record_id, made_at, contact_id=contact_id, email=email)
    return f"{settings.PUBLIC_URL}/{purpose}/{made}"


def read(text: str, purpose: str) -> SignedLink | None:
    """What a token of that purpose says; None when it is not ours. Ask then whether it still holds."""
    if len(text) > _LONGEST:
        return None
    try:
        account_id, record_id, contact_id, expires, mark = signer(purpose).unsign_object(text)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return SignedLink(purpose, account_id, record_id, contact_id, datetime.fromtimestamp(expires, UTC), mark)


def signer(purpose: str) -> signing.Signer:
    """What signs the links of a purpose."""
    return signing.Signer(salt=f"kalends.accounts.signed_links.{purpose}", sep=".")


def _mark(contact_id: int, email: str | None) -> str:
    """What dies with a contact's address; empty for a link that belongs to nobody."""
    if not contact_id:
        return ""
    told = f"{contact_id} {email or ''}"
    return salted_hmac("kalends.accounts.signed_links.mark", told, algorithm="sha256").hexdigest()[:32]
