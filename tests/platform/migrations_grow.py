"""What a migration may do while the version before it still works with the tables; told of its SQL.

Since :data:`BASELINE` every migration is held to it. What breaks a rule and is right all the same says so in its class:

    kept_from = {"DROP COLUMN contact.fax": "not read since 0.2, see 0021_no_fax"}
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

BASELINE = {
    "accounts": "0013_known_as",
    "billing": "0011_revenue_movements",
    "crm": "0007_more_addresses",
    "events": "0012_workflow_notices",
    "exports": "0001_exports",
    "imports": "0001_imports",
    "insight": "0003_dashboard_mail",
    "ledger": "0001_initial",
    "letters": "0004_mail_refusal",
    "payments": "0011_stripe_afterwards",
    "sales": "0002_quotes",
    "segments": "0002_mailings",
    "views": "0004_payment_amounts",
    "workflows": "0002_drafts",
}
"""The newest migrations of the first version. A later release never moves this: it only adds migrations."""

_BODY = re.compile(r"(\$\w*\$).*?\1", re.S)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.S)
_TEXT = re.compile(r"'(?:[^']|'')*'")
_VOLATILE = re.compile(
    r"\bDEFAULT\s*\(?\s*(nextval|clock_timestamp|random|gen_random_uuid|uuidv?\w*)\s*\(", re.I
)
_CREATE_TABLE = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)", re.I)
_ALTER = re.compile(r"ALTER TABLE (?:IF EXISTS )?(?:ONLY )?(\w+) (.*)", re.I | re.S)


class Problem(NamedTuple):
    """What a migration does that the version before it, or whoever waits behind it, would suffer from."""

    what: str
    why: str


def statements(sql: str) -> list[str]:
    """The statements of a script, each on one line, without comments and quotes, and functions without their bodies.

    >>> statements('ALTER TABLE "a" ADD b int; -- new\\nDO $$ BEGIN; END $$;')
    ['ALTER TABLE a ADD b int', 'DO $$$$']
    """
    bare = _COMMENT.sub(" ", _BODY.sub("$$$$", sql)).replace('"', "")
    kept: list[str] = []
    for part in re.split(r";(?=(?:[^']*'[^']*')*[^']*$)", bare):
        one = " ".join(part.split())
        if one and one.upper() not in ("BEGIN", "COMMIT"):
            kept.append(one)
    return kept


def problems(script: Sequence[str], *, atomic: bool = True) -> Iterator[Problem]:
    """What is wrong with the statements of one migration; a table that it makes itself is nobody's yet."""
    new = {match[1] for each in script if (match := _CREATE_TABLE.match(each))}
    for each in script:
        yield from _of_statement(each, new, atomic=atomic)
    added = {(match[1], match[2]) for each in script if (match := _NOT_VALID.search(each))}
    for each in script:
        if (match := _VALIDATE.search(each)) and (match[1], match[2]) in added:
            yield Problem(
                f"VALIDATE {match[1]}.{match[2]}", "in one transaction with adding it, it keeps that lock"
            )


_NOT_VALID = re.compile(r"ALTER TABLE (\w+) ADD CONSTRAINT (\w+) .*NOT VALID", re.I)
_VALIDATE = re.compile(r"ALTER TABLE (\w+) VALIDATE CONSTRAINT (\w+)", re.I)
_INDEX = re.compile(
    r"CREATE (?:UNIQUE )?INDEX (CONCURRENTLY )?(?:IF NOT EXISTS )?(\w+) ON (?:ONLY )?(\w+)", re.I
)
_WRITES = re.compile(
    r"(?:WITH .*)?\b(?:UPDATE|DELETE FROM|INSERT INTO|TRUNCATE(?: TABLE)?|MERGE INTO) (?:ONLY )?(\w+)", re.I
)
_DEFINES = ("CREATE", "ALTER", "GRANT", "REVOKE", "COMMENT", "DROP", "DO ")
_TAKES = (
    (re.compile(r"DROP TABLE (?:IF EXISTS )?(\w+)", re.I), "DROP TABLE {}", "the version before still uses it"),
    (re.compile(r"DROP (?:VIEW|FUNCTION|TYPE|SEQUENCE) (?:IF EXISTS )?(\w+)", re.I), "DROP {}", "it is still used"),
    (re.compile(r"REVOKE .* ON (?:TABLE )?(\w+) FROM", re.I), "REVOKE {}", "the version before may still need it"),
    (re.compile(r"LOCK (?:TABLE )?(\w+)", re.I), "LOCK {}", "everybody waits until the migration has ended"),
    (re.compile(r"(?:CLUSTER|VACUUM FULL|REINDEX \w+) (\w+)", re.I), "REWRITE {}", "everybody waits meanwhile"),
)  # fmt: skip


def _of_statement(each: str, new: set[str], *, atomic: bool) -> Iterator[Problem]:
    if each.upper().startswith("DO $"):
        yield Problem("DO", "what it does cannot be looked at")
    if match := _INDEX.match(each):
        beside, name, table = match.groups()
        if beside and atomic:
            yield Problem(
                f"INDEX {name}", "CONCURRENTLY is not possible in a transaction: say atomic = False"
            )
        if not beside and table not in new:
            yield Problem(f"INDEX {name}", f"nobody can write into {table} meanwhile: use AddIndexBeside")
    for pattern, what, why in _TAKES:
        if (match := pattern.match(each)) and match[1] not in new:
            yield Problem(what.format(match[1]), why)
    if (match := _ALTER.match(each)) and match[1] not in new:
        for action in re.split(r",(?![^(]*\))", match[2]):
            yield from _of_change(match[1], action.strip())
    elif (match := _WRITES.match(each)) and match[1] not in new and not each.upper().startswith(_DEFINES):
        yield Problem(
            f"WRITE {match[1]}", "rows are changed in one long transaction: let the worker do it in blocks"
        )


def _of_change(table: str, action: str) -> Iterator[Problem]:
    upper = _TEXT.sub("''", action).upper()
    column = re.match(r"(?:ADD|ALTER|DROP|RENAME)(?: COLUMN)?(?: IF (?:NOT )?EXISTS)? (\w+)", action, re.I)
    name = f"{table}.{column[1] if column else '?'}"
    if re.match(r"RENAME", upper):
        yield Problem(
            f"RENAME {name}", "the version before knows it by its old name: add, fill, and drop later"
        )
    elif re.match(r"DROP CONSTRAINT", upper):
        return
    elif re.match(r"DROP", upper):
        yield Problem(
            f"DROP COLUMN {name}", "the version before still reads it: stop using it a release earlier"
        )
    elif re.match(r"ADD (CONSTRAINT|CHECK|FOREIGN|UNIQUE|PRIMARY|EXCLUDE)", upper):
        yield from _of_constraint(table, upper, action)
    elif re.match(r"ADD", upper):
        if "NOT NULL" in upper and "DEFAULT" not in upper and "GENERATED" not in upper:
            yield Problem(
                f"ADD {name}",
                "the version before writes rows without it: give it a default of the database's",
            )
        if _VOLATILE.search(action) or "GENERATED" in upper or "SERIAL" in upper:
            yield Problem(
                f"ADD {name}", "the whole table is written anew: add it empty, and fill it in blocks"
            )
        if " REFERENCES " in upper or re.search(r"\b(UNIQUE|CHECK|PRIMARY KEY)\b", upper):
            yield Problem(
                f"ADD {name}",
                "its constraint reads all rows under a lock: add it NOT VALID, in a step of its own",
            )
    elif re.search(r"\bSET NOT NULL\b", upper):
        yield Problem(
            f"SET NOT NULL {name}", "it reads all rows under a lock, and the version before may write none"
        )
    elif re.search(r"\bTYPE\b", upper):
        yield Problem(f"TYPE {name}", "the whole table is written anew under a lock")
    else:
        yield from _of_what_is_enabled(table, name, upper)


def _of_what_is_enabled(table: str, name: str, upper: str) -> Iterator[Problem]:
    if "DROP DEFAULT" in upper:
        yield Problem(f"DROP DEFAULT {name}", "the version before writes rows without it: use db_default")
    if "ROW LEVEL SECURITY" in upper:
        yield Problem(f"ROW LEVEL SECURITY {table}", "the version before may see nothing of it any more")


def _of_constraint(table: str, upper: str, action: str) -> Iterator[Problem]:
    named = re.match(r"ADD CONSTRAINT (\w+)", action, re.I)
    what = f"CONSTRAINT {named[1] if named else table}"
    if re.search(r"\b(CHECK|FOREIGN KEY)\b", upper) and "NOT VALID" not in upper:
        yield Problem(
            what, "it reads all rows under a lock: add it NOT VALID, and validate it in a later migration"
        )
    if re.search(r"\b(UNIQUE|PRIMARY KEY|EXCLUDE)\b", upper) and "USING INDEX" not in upper:
        yield Problem(
            what, "its index keeps everybody from writing: make that beside the traffic, and use it"
        )
