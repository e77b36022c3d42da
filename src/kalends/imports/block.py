"""A block of rows into an account: found again or made, through the same rules that pages and programs obey.

A rehearsal is the same block taken back. Where one record of a block is refused, the block is done row by row, so that
one refusal costs one row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.permissions import Place
from kalends.catalog.model import ObjectType
from kalends.catalog.registry import get_object
from kalends.crm import records, unique
from kalends.crm.association_types import DEFINED, CannotAssociate
from kalends.crm.associations import Wanted, associate_all
from kalends.crm.record_values import Problem as Wrong
from kalends.crm.records import New, Who, Wish
from kalends.crm.rules import Change, Refused, Tie
from kalends.imports.drafts import DraftReader, RowDraft, TieWish
from kalends.imports.plan import KEY, RECORD_ID, Plan
from kalends.query import Context, Filter, compile_ids

Db = Connection[Any]


class RowRefused(ValueError):
    """A row that rules of the object refuse, in a sentence."""


class Block:
    """Does blocks of rows of one import. ``place`` is the place of whoever imports: their permissions count."""

    def __init__(
        self,
        db: Db,
        ctx: AccountContext,
        obj: ObjectType,
        plan: Plan,
        reader: DraftReader,
        place: Place,
        import_id: int,
    ) -> None:
        self._db, self._ctx, self._obj, self._plan, self._reader = db, ctx, obj, plan, reader
        self._place, self._import_id = place, import_id
        self.who = who_of(import_id)

    def work(self, drafts: Sequence[RowDraft]) -> None:
        """Write what is right of the rows; each then has its ``record_id``, or its problems. In one transaction."""
        self._find(drafts)
        self._find_ties(drafts)
        fresh = [each for each in drafts if not each.problems and each.record_id is None]
        known = [each for each in drafts if not each.problems and each.record_id is not None]
        self._carefully(fresh, self._create)
        self._carefully(known, self._update)

    # ------------------------------------------------------------ finding

    def _find(self, drafts: Sequence[RowDraft]) -> None:
        """Which records of the account the rows are about."""
        plan, name = self._plan, self._plan.identify
        named = [each for each in drafts if each.identity is not None and not each.problems]
        if named:
            if name == KEY:
                found = find_keys(self._db, self._ctx, self._obj.name, [each.key or "" for each in named])
                for each in named:
                    each.record_id = found.get(each.key or "")
            else:
                given = [each.properties[name] for each in named]
                numbers = unique.find(self._db, self._ctx, self._obj, name, given)
                for each in named:
                    each.record_id = numbers.get(each.properties[name])
        self._check_found([each for each in drafts if not each.problems])
        met: dict[int, int] = {}
        for each in drafts:
            if each.record_id is not None and met.setdefault(each.record_id, each.line) != each.line:
                each.wrong(
                    "",
                    each.identity or "",
                    f"Row {met[each.record_id]} is about this record already.",
                    "repeated",
                )
        if plan.identify == RECORD_ID:
            for each in drafts:
                each.properties.pop(RECORD_ID, None)

    def _check_found(self, drafts: Sequence[RowDraft]) -> None:
        plan = self._plan
        heading = self._reader.heading_of(plan.identify, "key" if plan.identify == KEY else "property")
        mine = self._visible(self._obj, "edit", [each.record_id for each in drafts if each.record_id])
        may_create = self._place.grants.allows("edit", self._obj.name)
        for each in drafts:
            if each.record_id is not None and each.record_id not in mine:
                each.wrong(
                    heading,
                    each.identity or "",
                    f"This account has no such {_word(self._obj)} that you may change.",
                    "not_there",
                )
            elif each.record_id is not None and plan.mode == "create":
                each.wrong(
                    heading, each.identity or "", f"It is there already, as number {each.record_id}.", "there"
                )
            elif each.record_id is None and plan.mode == "update":
                each.wrong(
                    heading, each.identity or "", f"This account has no such {_word(self._obj)}.", "not_there"
                )
            elif each.record_id is None and not may_create:
                each.wrong("", "", f"You may not make a new {_word(self._obj)}.", "may_not")

    def _visible(self, obj: ObjectType, verb: str, ids: Iterable[int]) -> set[int]:
        wanted = sorted(set(ids))
        if not wanted:
            return set()
        ctx = self._ctx
        asking = Context(ctx.id, ctx.today, ctx.now, ctx.time_zone, sight=self._place.sight(verb))
        sql = compile_ids(obj, Filter(()), asking, among=wanted)
        return {int(row[0]) for row in self._db.execute(sql.text, sql.params).fetchall()}  # type: ignore[arg-type]

    def _find_ties(self, drafts: Sequence[RowDraft]) -> None:
        wanted: dict[tuple[str, str], list[tuple[RowDraft, TieWish]]] = {}
        for each in drafts:
            for tie in each.ties:
                wanted.setdefault((tie.to, tie.by), []).append((each, tie))
        for (to, by), asked in wanted.items():
            target = get_object(to)
            found = self._named(target, by, [tie.value for _, tie in asked])
            seen = self._visible(target, "view", found.values())
            for draft, tie in asked:
                number = found.get(tie.value)
                if number is None or number not in seen:
                    draft.wrong(
                        tie.heading,
                        tie.value,
                        f"This account has no such {_word(target)}: import it first, or leave the column out.",
                        "tie",
                    )
                else:
                    draft.tied.append((to, number))

    def _named(self, target: ObjectType, by: str, values: Sequence[str]) -> dict[str, int]:
        if by == "key":
            return find_keys(self._db, self._ctx, target.name, values)
        if by == "id":
            return {each: int(each) for each in values if each.isdecimal() and len(each) < 19}
        if by == "name":
            rows = self._db.execute(
                "SELECT name, min(id) FROM company WHERE account_id = %s AND name = ANY(%s) AND archived_at IS NULL "
                "GROUP BY name HAVING count(*) = 1",
                [self._ctx.id, list(values)],
            ).fetchall()
            return dict(rows)
        return unique.find(self._db, self._ctx, target, by, values)

    # ------------------------------------------------------------ writing

    def _carefully(self, drafts: Sequence[RowDraft], write: Callable[[Sequence[RowDraft]], None]) -> None:
        """Write all at once, or one by one where one of them is refused."""
        if not drafts:
            return
        try:
            with self._db.transaction():
                write(drafts)
        except (Refused, RowRefused, CannotAssociate, psycopg.IntegrityError, psycopg.DataError) as refusal:
            if len(drafts) > 1:
                for each in drafts:
                    if not each.problems:
                        self._carefully([each], write)
                return
            text = refusal.diag.message_primary if isinstance(refusal, psycopg.Error) else str(refusal)
            drafts[0].wrong("", "", text or "The database refuses this row.", "refused")

    def _create(self, drafts: Sequence[RowDraft]) -> None:
        wanted = [New(each.properties, self._ties(each)) for each in drafts]
        prepared = records.prepare_new(self._db, self._ctx, self._obj, wanted)
        for each, item in zip(drafts, prepared, strict=True):
            self._note(each, item.written.problems)
        good = [(each, item) for each, item in zip(drafts, prepared, strict=True) if not each.problems]
        ids = records.write_new(self._db, self._ctx, self._obj, [item for _, item in good], self.who)
        for (each, _), id_ in zip(good, ids, strict=True):
            each.record_id, each.created = id_, True
        self._add_lines([each for each, _ in good])
        self._keep_keys([each for each, _ in good])

    def _ties(self, draft: RowDraft) -> tuple[Tie, ...]:
        return tuple(Tie(to, id_, DEFINED, self._type_id(to)) for to, id_ in dict.fromkeys(draft.tied))

    def _type_id(self, to: str) -> int:
        tie = self._obj.association(to)
        assert tie is not None, f"{self._obj.name} is never tied to {to}"
        return tie.type_id

    def _add_lines(self, drafts: Sequence[RowDraft]) -> None:
        """The line items that rows bring with their subscriptions."""
        with_line = [each for each in drafts if each.line_item]
        if not with_line:
            return
        obj = get_object("line_item")
        tie = obj.association(self._obj.name)
        assert tie is not None
        wanted = [
            New(each.line_item, (Tie(self._obj.name, each.record_id or 0, DEFINED, tie.type_id),))
            for each in with_line
        ]
        prepared = records.prepare_new(self._db, self._ctx, obj, wanted)
        for each, item in zip(with_line, prepared, strict=True):
            if item.written.problems:
                self._note(each, item.written.problems, "line")
                raise RowRefused("; ".join(wrong.message for wrong in item.written.problems))
        records.write_new(self._db, self._ctx, obj, prepared, self.who)

    def _update(self, drafts: Sequence[RowDraft]) -> None:
        by_id = {each.record_id or 0: each for each in drafts}
        wishes = [Wish(id_, each.properties) for id_, each in by_id.items()]
        prepared = records.prepare_changes(self._db, self._ctx, self._obj, wishes)
        for change in prepared.changes:
            self._note(by_id[change.id], change.problems())
        for id_ in prepared.missing:
            by_id[id_].wrong("", id_, f"This account has no such {_word(self._obj)} any more.", "not_there")
        good = [change for change in prepared.changes if not by_id[change.id].problems]
        for change in good:
            _keep_parts_of_seconds(change)
        for id_ in records.write_changes(self._db, self._ctx, self._obj, good, self.who):
            by_id[id_].changed = True
        for change in good:
            self._tie_more(by_id[change.id])
        self._keep_keys([by_id[change.id] for change in good])

    def _tie_more(self, draft: RowDraft) -> None:
        for to, id_ in dict.fromkeys(draft.tied):
            pair = [Wanted(draft.record_id or 0, id_, ((DEFINED, self._type_id(to)),))]
            (outcome,) = associate_all(self._db, self._ctx, self._obj.name, to, pair, actor=self.who.actor)
            if isinstance(outcome, CannotAssociate):
                raise RowRefused(str(outcome)) from outcome
            draft.changed |= outcome

    def _keep_keys(self, drafts: Sequence[RowDraft]) -> None:
        named = [each for each in drafts if each.key]
        if named:
            keep_keys(
                self._db,
                self._ctx,
                self._obj.name,
                [(each.key or "", each.record_id or 0) for each in named],
                self._import_id,
            )

    def _note(self, draft: RowDraft, wrongs: Sequence[Wrong], kind: str = "property") -> None:
        for wrong in wrongs:
            draft.wrong(self._reader.heading_of(wrong.property, kind), wrong.value, wrong.message, wrong.code)


def who_of(import_id: int) -> Who:
    """Who writes the records of an import, for the journal and for the records themselves."""
    return Who(f"import:{import_id}", "IMPORT", f"importId:{import_id}")


def find_keys(db: Db, ctx: AccountContext, name: str, keys: Sequence[str]) -> dict[str, int]:
    """The records of an object that another system calls so."""
    rows = db.execute(
        "SELECT name, record_id FROM imported_key WHERE account_id = %s AND object = %s AND name = ANY(%s)",
        [ctx.id, name, list(keys)],
    ).fetchall()
    return dict(rows)


def keep_keys(
    db: Db, ctx: AccountContext, name: str, keys: Sequence[tuple[str, int]], import_id: int
) -> None:
    """Remember what another system calls records; the first to have a name keeps it."""
    with db.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO imported_key (account_id, object, name, record_id, import_id) VALUES (%s, %s, %s, %s, %s) "
            "ON CONFLICT (account_id, object, name) DO NOTHING",
            [(ctx.id, name, key, id_, import_id) for key, id_ in keys],
        )


def _keep_parts_of_seconds(change: Change) -> None:
    """Leave instants that a file, where they are written to the second, says again."""
    for name, after in list(change.columns.items()):
        before = change.row[name]
        if (
            isinstance(before, datetime)
            and isinstance(after, datetime)
            and before.replace(microsecond=0) == after
        ):
            del change.columns[name]


def _word(obj: ObjectType) -> str:
    return obj.singular_label.en.lower()
