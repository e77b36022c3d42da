"""Secrets that must be readable again, such as those that sign webhooks: sealed before they go into the database.

A copy of the database alone opens none of them: the keys lie in the installation's home, in ``keys/sealing-keys``.
A new key goes onto the first line of that file; older lines stay until everything is sealed anew (:func:`resealed`).
What need not be read again (tokens, passwords) is hashed instead.
"""

from __future__ import annotations

import base64
import hashlib
from contextlib import suppress
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from kalends.platform.errors import UserFacing
from kalends.platform.home import Home, open_home


class CannotUnseal(UserFacing):
    """A secret was sealed with a key that this installation does not have, or was changed since."""


def seal(secret: str) -> bytes:
    """A secret as it may be stored; sealing it again gives other bytes."""
    return _box(open_home().sealing_keys()).encrypt(secret.encode())


def unseal(sealed: bytes) -> str:
    """The secret that was sealed. Raises :class:`CannotUnseal`."""
    home = open_home()
    try:
        return _box(home.sealing_keys()).decrypt(bytes(sealed)).decode()
    except InvalidToken as problem:
        raise _cannot(home) from problem


def resealed(sealed: bytes) -> bytes | None:
    """The same secret, sealed with the newest key; ``None`` if it is so already. Raises :class:`CannotUnseal`."""
    home = open_home()
    keys = home.sealing_keys()
    with suppress(InvalidToken):
        _boxes(keys)[0].decrypt(bytes(sealed))
        return None
    try:
        return _box(keys).rotate(bytes(sealed))
    except InvalidToken as problem:
        raise _cannot(home) from problem


def _cannot(home: Home) -> CannotUnseal:
    return CannotUnseal(
        "A secret in the database cannot be opened with the keys of this installation.",
        where=str(home.keys / "sealing-keys"),
        remedy="Bring this file back from the backup that the database is from, or give the secret anew.",
    )


def _box(keys: str) -> MultiFernet:
    """Opens with any of the keys, seals with the first."""
    return MultiFernet(_boxes(keys))


@lru_cache(maxsize=4)
def _boxes(keys: str) -> tuple[Fernet, ...]:
    """One for each key. A key is as long as one likes, so it is hashed to a length."""
    lines = [line.strip() for line in keys.splitlines() if line.strip()]
    hashed = (hashlib.sha256(line.encode()).digest() for line in lines)
    return tuple(Fernet(base64.urlsafe_b64encode(each)) for each in hashed)
