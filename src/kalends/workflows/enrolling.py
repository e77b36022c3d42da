"""Who comes into a workflow, and who leaves it before its end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, integers, load
from kalends.catalog.registry import get_property
from kalends.catalog.render import to_api
from kalends.crm.record_reads import read
from kalends.workflows.flows import AT_ONCE, Db, Flow, passing

DEPTH_MAX = 10
"""How many workflows may lead to one another before it is ended."""

A_DAY_MAX = 50
"""How often a record may come into the same workflow within 24 hours."""

REASONS: Mapping[str, str] = {
    "chain": f"{DEPTH_MAX} workflows had led to one another, which is the limit. Look for two that set each other off.",
    "often": f"The record came in {A_DAY_MAX} times within a day, which is the limit.",
    "gone": "The record was archived or deleted.",
    "off": "The workflow was turned off.",
    "goal": "The record met the goal.",
    "left": "The record met the conditions for leaving.",
    "unmet": "The record no longer meets the conditions for coming in.",
    "suppressed": "The record met the conditions that keep it out.",
    "by_hand": "Somebody took the record out.",
    "steps": "The record went through 1,000 actions, which is the limit.",
}
"""Why an enrollment ended, in words; the key is kept with it, or a sentence."""

STATUSES = ("active", "finished", "goal", "left", "suppressed", "removed", "gone", "off", "stopped", "failed")


class Chain(NamedTuple):
    """By which enrollment a record was changed, and how many workflows had led to that one."""

    cause: int = 0
    depth: int = 0


class Came(NamedTuple):
    """A record that came in; ``status`` says if it was stopped, or had nothing to do."""

    id: int
    record_id: int
    status: str


NO_CHAIN = Chain()


def kept_out(db: Db, ctx: AccountContext, flow: Flow, ids: Collection[int]) -> set[int]:
    """Those of some records that may not come in: who is suppressed, and who would leave at once."""
    out: set[int] = set()
    for each in (flow.made.suppress, flow.made.goal, flow.made.leave):
        if each is not None and ids:
            out |= set(passing(db, ctx, flow.object, each, list(ids)))
    return out


def occasions(
    db: Db, ctx: AccountContext, flow: Flow, ids: Sequence[int], natural: Mapping[int, str] | str
) -> dict[int, str]:
    """The occasion of each record's coming in: none if it may come but once, else the value of a property, or what
    the trigger says (``natural``)."""
    again = flow.made.again
    if again.when == "never":
        return dict.fromkeys(ids, "")
    if again.when == "always":
        return dict.fromkeys(ids, natural) if isinstance(natural, str) else {id_: natural[id_] for id_ in ids}
    prop = get_property(flow.object, again.property)
    rows = read(db, ctx, flow.object, ids, [prop.name])
    return {id_: f"value {to_api(prop, rows[id_][prop.name]) or ''}" for id_ in ids if id_ in rows}


def admit(
    db: Db,
    ctx: AccountContext,
    flow: Flow,
    ids: Iterable[int],
    natural: Mapping[int, str] | str,
    chains: Mapping[int, Chain] | None = None,
) -> list[Came]:
    """Let records that met a trigger come in, as far as they may; returns those that did.

    Runs in the caller's transaction. A record that is in already, or was for this occasion, does not come in again.
    """
    came: list[Came] = []
    ordered = sorted(set(ids))
    for first in range(0, len(ordered), AT_ONCE):
        part = ordered[first : first + AT_ONCE]
        out = kept_out(db, ctx, flow, part)
        wanted = occasions(db, ctx, flow, [id_ for id_ in part if id_ not in out], natural)
        rows = [
            (id_, occasion, chain.depth, chain.cause)
            for id_, occasion in wanted.items()
            for chain in ((chains or {}).get(id_, NO_CHAIN),)
        ]
        came += _write(db, ctx, flow, rows)
    return came


def _write(db: Db, ctx: AccountContext, flow: Flow, rows: Sequence[tuple[int, str, int, int]]) -> list[Came]:
    if not rows:
        return []
    params = {
        "account_id": ctx.id,
        "workflow": flow.id,
        "version": flow.version,
        "start": flow.made.start,
        "now": ctx.now,
        "depth_max": DEPTH_MAX,
        "a_day_max": A_DAY_MAX,
        **arrays(("records", "occasions", "depths", "causes"), rows),
    }
    return [Came(*row) for row in db.execute(load("kalends.workflows", "enroll"), params).fetchall()]


def end(
    db: Db,
    ctx: AccountContext,
    workflow_id: int,
    status: str,
    reason: str,
    records: Collection[int] | None = None,
) -> int:
    """End the enrollments of a workflow's records, or all of them; says how many there were."""
    return db.execute(
        "UPDATE enrollment SET status = %(status)s, reason = %(reason)s, ended_at = %(now)s, due_at = NULL, "
        "waits_after = NULL WHERE account_id = %(account_id)s AND workflow_id = %(workflow)s AND ended_at IS NULL "
        "AND (%(all)s OR record_id = ANY(%(records)s::bigint[]))",
        {
            "status": status,
            "reason": reason,
            "now": ctx.now,
            "account_id": ctx.id,
            "workflow": workflow_id,
            "all": records is None,
            "records": integers(records or ()),
        },
    ).rowcount


def leaving(db: Db, ctx: AccountContext, flow: Flow, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Those of some enrolled records that leave now, each with the status and the reason."""
    found: dict[int, tuple[str, str]] = {}
    for wanted, status, reason in (
        (flow.made.suppress, "suppressed", "suppressed"),
        (flow.made.leave, "left", "left"),
        (flow.made.goal, "goal", "goal"),
    ):
        if wanted is not None and ids:
            found |= dict.fromkeys(passing(db, ctx, flow.object, wanted, ids), (status, reason))
    if flow.made.leave_when_unmet and flow.made.matching is not None and ids:
        still = set(passing(db, ctx, flow.object, flow.made.matching, ids))
        found |= {id_: ("left", "unmet") for id_ in ids if id_ not in still and id_ not in found}
    return found
