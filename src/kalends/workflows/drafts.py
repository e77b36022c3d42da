"""Drafts: definitions that people work on step by step, and that count for nobody before they are published."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from psycopg.types.json import Jsonb

from kalends.accounts.context import AccountContext
from kalends.query import Problem
from kalends.workflows.flows import Db, definition_json, find_workflow
from kalends.workflows.reading import Json
from kalends.workflows.services import check_definition, edit_workflow
from kalends.workflows.sheet import DefinitionError


class Draft(NamedTuple):
    """A definition that is not published yet; ``base`` is the version at which it was begun."""

    definition: Json
    base: int
    actor: str
    kept_at: datetime


def read_draft(db: Db, ctx: AccountContext, id_: int) -> Draft | None:
    """The draft of a workflow; None when there is none."""
    row = db.execute(
        "SELECT draft::text, draft_base, draft_actor, draft_at FROM workflow WHERE account_id = %s AND id = %s "
        "AND archived_at IS NULL AND draft IS NOT NULL",
        [ctx.id, id_],
    ).fetchone()
    return None if row is None else Draft(json.loads(row[0]), *row[1:])


def worked_on(db: Db, ctx: AccountContext, id_: int) -> Json:
    """What people work on: the draft, else the published version. Raises ``UnknownWorkflow``."""
    draft = read_draft(db, ctx, id_)
    if draft is not None:
        return draft.definition
    return definition_json(db, ctx, id_, find_workflow(db, ctx, id_).version)


def change_draft(
    db: Db, ctx: AccountContext, id_: int, change: Callable[[Json], Json], *, actor: str
) -> Json:
    """Change what people work on, and keep it as the draft; one that says what is published is none.

    Whether it can be published is not asked here. Raises ``UnknownWorkflow``, and what ``change`` raises.
    """
    with db.transaction():
        stored = find_workflow(db, ctx, id_, lock=True)
        draft = read_draft(db, ctx, id_)
        published = definition_json(db, ctx, id_, stored.version)
        changed = change(draft.definition if draft else published)
        if changed == published:
            drop_draft(db, ctx, id_)
        else:
            db.execute(
                "UPDATE workflow SET draft = %s, draft_base = %s, draft_actor = %s, draft_at = %s "
                "WHERE account_id = %s AND id = %s",
                [Jsonb(changed), draft.base if draft else stored.version, actor, ctx.now, ctx.id, id_],
            )
    return changed


def drop_draft(db: Db, ctx: AccountContext, id_: int) -> None:
    """Forget the draft; what is published stays."""
    db.execute(
        "UPDATE workflow SET draft = NULL, draft_base = 0, draft_actor = '', draft_at = NULL "
        "WHERE account_id = %s AND id = %s",
        [ctx.id, id_],
    )


def publish_draft(db: Db, ctx: AccountContext, id_: int, *, actor: str) -> int:
    """Make the draft the version that counts; returns its number, the present one's where there is no draft.

    Raises ``UnknownWorkflow``, ``WorkflowRefused`` and ``DefinitionError``.
    """
    with db.transaction():
        stored = find_workflow(db, ctx, id_, lock=True)
        draft = read_draft(db, ctx, id_)
        if draft is None:
            return stored.version
        version = edit_workflow(db, ctx, id_, actor=actor, definition=draft.definition)
        drop_draft(db, ctx, id_)
    return version


def problems_of_draft(db: Db, ctx: AccountContext, definition: Json) -> tuple[Problem, ...]:
    """Everything for which a definition cannot be published."""
    try:
        check_definition(db, ctx, definition)
    except DefinitionError as wrong:
        return wrong.problems
    return ()
