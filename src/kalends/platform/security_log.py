"""What was refused, and what may be an attempt to get around: one structured line each, for whoever watches the log.

Each has the event ``security``, its ``kind`` and numbers of users, accounts and tokens where they are known; never a
token, an address of somebody, or words that were typed. Which machine it was stands in the log of the proxy in front,
under the same correlation id.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import structlog

log = structlog.get_logger("kalends.security")

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "right_missing": "Somebody may not do this: `missing` says which right, on which object.",
        "scope_missing": "A program may not do this: `missing` says which scopes.",
        "other_account": "Somebody asked for an account in which they have no place.",
        "other_record": "Somebody asked for a record that is not there for them: another one's, or none at all.",
        "second_factor_missing": "The account wants a second factor, and the session has had none.",
        "signature_wrong": "A link, a passkey or a processor's report whose signature is not right, or is over; "
        "`of` says which.",
        "secret_wrong": "A token, a developer key or an app's secret that opens nothing; `of` says which.",
        "form_without_token": "A form that no page of ours sent; `why` says what was wrong with it.",
        "too_many": "Somebody has to wait; `of` says what there was too much of.",
        "signed_in": "Somebody came in, a user or a customer to their own pages (`contact_id`); `by` says with what.",
        "signed_out": "Somebody went out.",
        "sign_in_failed": "Somebody did not come in; `user_id` where the address is known, `by` says what they tried.",
        "way_in_changed": "A password, second factor or session of a user was changed; `what` says how.",
    }
)
"""Every kind with what it means, as it stands in docs/operations.md."""

_AS_USUAL = frozenset({"signed_in", "signed_out", "way_in_changed"})


def tell(kind: str, **facts: int | str | list[str] | None) -> None:
    """Write the line; facts that are None are left out."""
    assert kind in KINDS, f"there is no security event {kind}"
    told = {name: value for name, value in facts.items() if value is not None}
    (log.info if kind in _AS_USUAL else log.warning)("security", kind=kind, **told)
