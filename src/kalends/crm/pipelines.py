"""Pipelines and their stages: listed, made, changed, archived; never taken away from records that stand in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from psycopg import Connection, sql

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load, take_ids
from kalends.catalog.model import ObjectType
from kalends.events import journal

Db = Connection[Any]
PIPELINES_MOST = 100
STAGES_MOST = 100
LABEL_LONGEST = 300


class UnknownPipeline(LookupError):
    """The object has no such pipeline or stage."""


class PipelineRefused(ValueError):
    """Something that cannot be done to a pipeline or a stage, in a sentence that says what to do instead."""


class Stage(NamedTuple):
    """A stage; ``probability`` is that of a deal in it being won, from 0 to 1, and None for other objects."""

    name: str
    label: str
    display_order: int
    is_closed: bool
    probability: Decimal | None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None


class Pipeline(NamedTuple):
    """A pipeline with its living stages in order. ``name`` is what the API calls its id."""

    id: int
    name: str
    label: str
    display_order: int
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    stages: tuple[Stage, ...]

    def stage(self, name: str) -> Stage:
        """A stage by name. Raises :class:`UnknownPipeline`."""
        found = next((each for each in self.stages if each.name == name), None)
        if found is None:
            raise UnknownPipeline(f"The pipeline {self.name!r} has no stage {name!r}.")
        return found


class StageTerms(NamedTuple):
    """What a stage is to be. ``name`` keeps one that is there (in a whole list of stages), or names a new one."""

    label: str
    display_order: int = 0
    is_closed: bool = False
    probability: Decimal | None = None
    name: str | None = None


def make_default_pipelines(db: Db, account_id: int, at: datetime) -> None:
    """The pipelines that every account begins with: of deals, tickets and orders. Those that are there stay."""
    db.execute(load("kalends.crm", "default_pipelines"), {"account_id": account_id, "now": at})


def pipelines(db: Db, ctx: AccountContext, obj: ObjectType, *, archived: bool = False) -> list[Pipeline]:
    """The living or the archived pipelines of an object in their order. Raises :class:`UnknownPipeline`."""
    _must_have_pipelines(obj)
    params = {"account_id": ctx.id, "object": obj.name}
    stages: dict[str, list[Stage]] = {}
    for row in db.execute(
        "SELECT pipeline, name, label, display_order, is_closed, probability, created_at, updated_at, archived_at "
        "FROM pipeline_stage WHERE account_id = %(account_id)s AND object_type = %(object)s "
        "AND archived_at IS NULL ORDER BY display_order, id",
        params,
    ):
        stages.setdefault(row[0], []).append(Stage(*row[1:]))
    rows = db.execute(
        "SELECT id, name, label, display_order, created_at, updated_at, archived_at FROM pipeline "
        "WHERE account_id = %(account_id)s AND object_type = %(object)s AND (archived_at IS NOT NULL) = %(archived)s "
        "ORDER BY display_order, id",
        {**params, "archived": archived},
    ).fetchall()
    return [Pipeline(*row, stages=tuple(stages.get(row[1], ()))) for row in rows]


def pipeline(db: Db, ctx: AccountContext, obj: ObjectType, name: str) -> Pipeline:
    """A living pipeline by name. Raises :class:`UnknownPipeline`."""
    found = next((each for each in pipelines(db, ctx, obj) if each.name == name), None)
    if found is None:
        raise UnknownPipeline(f"There is no pipeline {name!r} for {obj.plural}.")
    return found


def create_pipeline(
    db: Db,
    ctx: AccountContext,
    obj: ObjectType,
    *,
    label: str,
    stages: Sequence[StageTerms],
    display_order: int = 0,
    actor: str = "system",
) -> Pipeline:
    """Make a pipeline with its stages. Raises :class:`PipelineRefused`."""
    with db.transaction():
        present = _locked(db, ctx, obj)
        if len(present) >= PIPELINES_MOST:
            raise PipelineRefused(f"There are {len(present)} pipelines for {obj.plural}; archive one first.")
        _label_is_free(label, [each.label for each in present])
        if not stages:
            raise PipelineRefused("Give a pipeline at least one stage.")
        (id_,) = take_ids(db, 1)
        db.execute(
            "INSERT INTO pipeline (account_id, id, object_type, name, label, display_order, created_at, updated_at) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [ctx.id, id_, obj.name, str(id_), label.strip(), display_order, ctx.now, ctx.now],
        )
        _announce(db, ctx, "created", id_, {"object": obj.name, "label": label.strip()}, actor)
        _set_stages(db, ctx, obj, pipeline(db, ctx, obj, str(id_)), stages)
        return pipeline(db, ctx, obj, str(id_))


def update_pipeline(
    db: Db,
    ctx: AccountContext,
    obj: ObjectType,
    name: str,
    *,
    label: str | None = None,
    display_order: int | None = None,
    stages: Sequence[StageTerms] | None = None,
    actor: str = "system",
) -> Pipeline:
    """Change a pipeline; with ``stages`` they become exactly these, by name where they are there already.

    Raises :class:`UnknownPipeline`, and :class:`PipelineRefused` where records stand in a stage that would go.
    """
    with db.transaction():
        present = _locked(db, ctx, obj)
        before = pipeline(db, ctx, obj, name)
        if label is not None:
            _label_is_free(label, [each.label for each in present if each.name != name])
        after = (
            before.label if label is None else label.strip(),
            before.display_order if display_order is None else display_order,
        )
        db.execute(
            "UPDATE pipeline SET label = %s, display_order = %s, updated_at = %s WHERE account_id = %s AND id = %s",
            [*after, ctx.now, ctx.id, before.id],
        )
        if stages is not None:
            _set_stages(db, ctx, obj, before, stages)
        changes = journal.changed(
            label=(before.label, after[0]), display_order=(before.display_order, after[1])
        )
        _announce(db, ctx, "updated", before.id, {"object": obj.name, **changes}, actor)
        return pipeline(db, ctx, obj, name)


def archive_pipeline(
    db: Db, ctx: AccountContext, obj: ObjectType, name: str, *, actor: str = "system"
) -> None:
    """Archive a pipeline that no record stands in. Raises :class:`UnknownPipeline`, :class:`PipelineRefused`."""
    with db.transaction():
        present = _locked(db, ctx, obj)
        gone = pipeline(db, ctx, obj, name)
        if len(present) == 1:
            raise PipelineRefused(f"{name!r} is the only pipeline for {obj.plural}; make another one first.")
        _nothing_stands_in(db, ctx, obj, [each.name for each in gone.stages])
        db.execute(
            "UPDATE pipeline SET archived_at = %s, updated_at = %s WHERE account_id = %s AND id = %s",
            [ctx.now, ctx.now, ctx.id, gone.id],
        )
        _announce(db, ctx, "archived", gone.id, {"object": obj.name}, actor)


def create_stage(
    db: Db, ctx: AccountContext, obj: ObjectType, name: str, terms: StageTerms, *, actor: str = "system"
) -> Stage:
    """Add a stage to a pipeline. Raises :class:`UnknownPipeline`, :class:`PipelineRefused`."""
    with db.transaction():
        _locked(db, ctx, obj)
        before = pipeline(db, ctx, obj, name)
        if len(before.stages) >= STAGES_MOST:
            raise PipelineRefused(f"The pipeline has {len(before.stages)} stages; archive one first.")
        _label_is_free(terms.label, [each.label for each in before.stages])
        made = _insert_stage(db, ctx, obj, before, terms)
        _announce(db, ctx, "updated", before.id, {"object": obj.name, "stage_created": made}, actor)
        return pipeline(db, ctx, obj, name).stage(made)


def update_stage(
    db: Db, ctx: AccountContext, obj: ObjectType, name: str, terms: StageTerms, *, actor: str = "system"
) -> Stage:
    """Change the stage ``terms.name``. Raises :class:`UnknownPipeline`, :class:`PipelineRefused`."""
    with db.transaction():
        _locked(db, ctx, obj)
        before = pipeline(db, ctx, obj, name)
        stage = before.stage(terms.name or "")
        _label_is_free(terms.label, [each.label for each in before.stages if each.name != stage.name])
        _change_stage(db, ctx, obj, stage, terms)
        after = pipeline(db, ctx, obj, name).stage(stage.name)
        told = journal.changed(
            **{
                each: (getattr(stage, each), getattr(after, each))
                for each in ("label", "display_order", "is_closed", "probability")
            }
        )
        _announce(
            db, ctx, "updated", before.id, {"object": obj.name, "stage_updated": stage.name, **told}, actor
        )
        return after


def archive_stage(
    db: Db, ctx: AccountContext, obj: ObjectType, name: str, stage: str, *, actor: str = "system"
) -> None:
    """Archive a stage that no record stands in. Raises :class:`UnknownPipeline`, :class:`PipelineRefused`."""
    with db.transaction():
        _locked(db, ctx, obj)
        before = pipeline(db, ctx, obj, name)
        before.stage(stage)
        if len(before.stages) == 1:
            raise PipelineRefused(f"{stage!r} is the only stage of its pipeline; add another one first.")
        _archive_stages(db, ctx, obj, [stage])
        _announce(db, ctx, "updated", before.id, {"object": obj.name, "stage_archived": stage}, actor)


def records_in(db: Db, ctx: AccountContext, obj: ObjectType, stages: Sequence[str]) -> int:
    """How many living records stand in these stages."""
    query = sql.SQL(
        "SELECT count(*) FROM {} WHERE account_id = %s AND stage = ANY(%s) AND archived_at IS NULL"
    ).format(sql.Identifier(obj.table))
    row = db.execute(query, [ctx.id, list(stages)]).fetchone()
    assert row is not None
    return row[0]


def _must_have_pipelines(obj: ObjectType) -> None:
    if not obj.pipeline:
        raise UnknownPipeline(f"{obj.plural_label.en} have no pipelines.")


def _locked(db: Db, ctx: AccountContext, obj: ObjectType) -> list[Pipeline]:
    """The living pipelines of an object, which nobody else changes meanwhile."""
    _must_have_pipelines(obj)
    db.execute("SELECT pg_advisory_xact_lock(hashtext(%s), %s)", [f"pipelines of {obj.name}", ctx.id % 2**31])
    return pipelines(db, ctx, obj)


def _label_is_free(label: str, taken: Sequence[str]) -> None:
    if not 0 < len(label.strip()) <= LABEL_LONGEST:
        raise PipelineRefused(f"Give a label of 1 to {LABEL_LONGEST} characters.")
    if label.strip().lower() in {each.lower() for each in taken}:
        raise PipelineRefused(f"The label {label.strip()!r} is taken; give another one.")


def _set_stages(
    db: Db, ctx: AccountContext, obj: ObjectType, before: Pipeline, wanted: Sequence[StageTerms]
) -> None:
    if not 0 < len(wanted) <= STAGES_MOST:
        raise PipelineRefused(f"Give a pipeline 1 to {STAGES_MOST} stages.")
    there = {each.name: each for each in before.stages}
    for place, terms in enumerate(wanted):
        _label_is_free(terms.label, [each.label for each in wanted[:place]])
    kept = {terms.name for terms in wanted if terms.name in there}
    gone = [name for name in there if name not in kept]
    if gone:
        _archive_stages(db, ctx, obj, gone)
    for terms in wanted:
        if terms.name in there:
            _change_stage(db, ctx, obj, there[terms.name], terms)
        else:
            _insert_stage(db, ctx, obj, before, terms)


def _insert_stage(db: Db, ctx: AccountContext, obj: ObjectType, of: Pipeline, terms: StageTerms) -> str:
    (id_,) = take_ids(db, 1)
    name = terms.name or str(id_)
    written = db.execute(
        "INSERT INTO pipeline_stage (account_id, id, object_type, name, pipeline, label, display_order, is_closed, "
        "probability, created_at, updated_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
        "ON CONFLICT DO NOTHING",
        [ctx.id, id_, obj.name, name, of.name, *_values(obj, terms), ctx.now, ctx.now],
    )
    if written.rowcount == 0:
        raise PipelineRefused(
            f"There is a stage {name!r} for {obj.plural} already; give another id, or none."
        )
    return name


def _change_stage(db: Db, ctx: AccountContext, obj: ObjectType, stage: Stage, terms: StageTerms) -> None:
    db.execute(
        "UPDATE pipeline_stage SET label = %s, display_order = %s, is_closed = %s, probability = %s, updated_at = %s "
        "WHERE account_id = %s AND object_type = %s AND name = %s",
        [*_values(obj, terms), ctx.now, ctx.id, obj.name, stage.name],
    )


def _values(obj: ObjectType, terms: StageTerms) -> tuple[str, int, bool, Decimal | None]:
    if obj.name == "deal":
        if terms.probability is None or not 0 <= terms.probability <= 1:
            raise PipelineRefused(f"Give the stage {terms.label!r} a probability from 0.0 to 1.0.")
        closed = terms.is_closed or terms.probability == 1
        return terms.label.strip(), terms.display_order, closed, terms.probability
    return terms.label.strip(), terms.display_order, terms.is_closed, None


def _archive_stages(db: Db, ctx: AccountContext, obj: ObjectType, names: Sequence[str]) -> None:
    _nothing_stands_in(db, ctx, obj, names)
    db.execute(
        "UPDATE pipeline_stage SET archived_at = %s, updated_at = %s "
        "WHERE account_id = %s AND object_type = %s AND name = ANY(%s)",
        [ctx.now, ctx.now, ctx.id, obj.name, list(names)],
    )


def _nothing_stands_in(db: Db, ctx: AccountContext, obj: ObjectType, names: Sequence[str]) -> None:
    """Locks the stages, so that no record can be moved into them meanwhile, and looks for records."""
    db.execute(
        "SELECT FROM pipeline_stage WHERE account_id = %s AND object_type = %s AND name = ANY(%s) "
        "ORDER BY id FOR UPDATE",
        [ctx.id, obj.name, list(names)],
    )
    count = records_in(db, ctx, obj, names)
    if count:
        raise PipelineRefused(
            f"{count} {obj.singular_label.en.lower() if count == 1 else obj.plural} "
            f"{'stands' if count == 1 else 'stand'} in it; move {'it' if count == 1 else 'them'} first."
        )


def _announce(db: Db, ctx: AccountContext, verb: str, id_: int, data: dict[str, Any], actor: str) -> None:
    journal.write(
        db, ctx.id, ctx.now, [journal.NewEvent(f"pipeline.{verb}", "pipeline", id_, None, data)], actor
    )
