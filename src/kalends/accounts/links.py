"""Links that let somebody set a password: into a letter for who forgot it, and for who was invited.

Nothing is stored. A link is signed, names the user and a digest of the present password, and so works until a password
is set with it (or in any other way), and no longer than its time.
"""

from __future__ import annotations

from datetime import timedelta

from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from kalends.accounts.models import User

FORGOTTEN, INVITED = "forgotten", "invited"
LASTS = {FORGOTTEN: timedelta(hours=2), INVITED: timedelta(days=14)}


def password_token(user: User, purpose: str) -> str:
    """The token of a link for this user and purpose."""
    return signing.dumps([user.id, _fingerprint(user, purpose)], salt=_salt(purpose), compress=False)


def user_of_token(token: str, purpose: str) -> User | None:
    """Whose link it is; None when it is not ours, was used, or is too old."""
    try:
        user_id, fingerprint = signing.loads(token, salt=_salt(purpose), max_age=LASTS[purpose])
    except (signing.BadSignature, ValueError, TypeError):
        return None
    user = User.objects.filter(id=user_id, is_active=True).first()
    if user is None or not constant_time_compare(fingerprint, _fingerprint(user, purpose)):
        return None
    return user


def _salt(purpose: str) -> str:
    return f"kalends.accounts.links.{purpose}"


def _fingerprint(user: User, purpose: str) -> str:
    told = f"{user.id} {user.password} {user.email}"
    return salted_hmac(_salt(purpose), told, algorithm="sha256").hexdigest()[:32]
