"""Every migration since the first version lets the version before it go on, and nobody wait."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from tests.platform.migrations_grow import BASELINE, Problem, problems, statements

CANNOT_BE_SAID = "-- THIS OPERATION CANNOT BE WRITTEN AS SQL"

REFUSED = [
    ("DROP COLUMN contact.fax", 'ALTER TABLE "contact" DROP COLUMN "fax" CASCADE'),
    ("RENAME contact.fax", 'ALTER TABLE "contact" RENAME COLUMN "fax" TO "telefax"'),
    ("RENAME contact.TO", 'ALTER TABLE "contact" RENAME TO "people"'),
    ("DROP TABLE contact", 'DROP TABLE "contact" CASCADE'),
    ("DROP settled_event", "DROP FUNCTION settled_event(bigint)"),
    ("ADD contact.size", 'ALTER TABLE "contact" ADD COLUMN "size" integer NOT NULL'),
    ("DROP DEFAULT contact.size", ('ALTER TABLE "contact" ADD COLUMN "size" integer DEFAULT 1 NOT NULL; '
     'ALTER TABLE "contact" ALTER COLUMN "size" DROP DEFAULT')),
    ("ADD contact.key", "ALTER TABLE contact ADD COLUMN key uuid DEFAULT gen_random_uuid() NOT NULL"),
    ("ADD contact.whole", "ALTER TABLE contact ADD COLUMN whole text GENERATED ALWAYS AS (a || b) STORED"),
    ("SET NOT NULL contact.email", 'ALTER TABLE "contact" ALTER COLUMN "email" SET NOT NULL'),
    ("TYPE contact.email", 'ALTER TABLE "contact" ALTER COLUMN "email" TYPE varchar(20)'),
    ("INDEX contact_email", 'CREATE INDEX "contact_email" ON "contact" ("email")'),
    ("CONSTRAINT contact_once", 'ALTER TABLE "contact" ADD CONSTRAINT "contact_once" UNIQUE ("account_id", "email")'),
    ("CONSTRAINT contact_good", "ALTER TABLE contact ADD CONSTRAINT contact_good CHECK (email <> '')"),
    ("CONSTRAINT contact_fk", "ALTER TABLE contact ADD CONSTRAINT contact_fk FOREIGN KEY (a) REFERENCES company (a)"),
    ("VALIDATE contact.good", ("ALTER TABLE contact ADD CONSTRAINT good CHECK (a > 0) NOT VALID; "
     "ALTER TABLE contact VALIDATE CONSTRAINT good")),
    ("WRITE contact", "UPDATE contact SET email = lower(email)"),
    ("WRITE event", "DELETE FROM event WHERE id < 7"),
    ("LOCK contact", "LOCK TABLE contact IN EXCLUSIVE MODE"),
    ("REVOKE contact", "REVOKE UPDATE ON contact FROM kalends_app"),
    ("INDEX beside", "CREATE INDEX CONCURRENTLY beside ON contact (email)"),
    ("DO", "DO $$ BEGIN DELETE FROM contact; END $$"),
]  # fmt: skip
LET_THROUGH = (
    (
        'CREATE TABLE "shoe" ("account_id" bigint NOT NULL, "id" bigint NOT NULL, PRIMARY KEY ("account_id", "id"));'
        'CREATE INDEX "shoe_size" ON "shoe" ("size"); ALTER TABLE shoe ENABLE ROW LEVEL SECURITY;'
        "INSERT INTO shoe VALUES (1, 2); ALTER TABLE shoe ADD CONSTRAINT s FOREIGN KEY (a) REFERENCES contact (a)"
    ),
    'ALTER TABLE "contact" ADD COLUMN "size" integer NULL; COMMENT ON COLUMN contact.size IS \'DROP TABLE; old\'',
    "ALTER TABLE contact ADD COLUMN size integer DEFAULT 41 NOT NULL",
    "ALTER TABLE contact ADD CONSTRAINT good CHECK (size > 0) NOT VALID",
    "ALTER TABLE contact VALIDATE CONSTRAINT good",
    "ALTER TABLE contact DROP CONSTRAINT good; GRANT SELECT ON contact TO kalends_app",
    "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ UPDATE contact SET a = 1; SELECT 1 $$",
)


@pytest.mark.parametrize(("what", "sql"), REFUSED, ids=[what for what, _ in REFUSED])
def test_what_would_break_the_version_before_is_named(what: str, sql: str) -> None:
    assert what in [each.what for each in problems(statements(sql))]


@pytest.mark.parametrize("sql", LET_THROUGH)
def test_what_only_grows_is_let_through(sql: str) -> None:
    assert list(problems(statements(sql))) == []


def test_an_index_beside_the_traffic_is_let_through_outside_a_transaction() -> None:
    assert list(problems(["CREATE INDEX CONCURRENTLY beside ON contact (email)"], atomic=False)) == []


def since_baseline(loader: MigrationLoader) -> list[Any]:
    """The migrations of ours that came after the first version."""
    known = {
        node for app, name in BASELINE.items() for node in loader.graph.forwards_plan((app, name))
    }  # fmt: skip
    nodes = sorted(node for node in loader.graph.nodes if node not in known)
    return [
        loader.graph.nodes[node]
        for node in nodes
        if loader.graph.nodes[node].__module__.startswith("kalends.")
    ]


def wrong_with(loader: MigrationLoader, migration: Any) -> list[Problem]:
    sql = "\n".join(loader.collect_sql([(migration, False)]))
    found = list(problems(statements(sql), atomic=migration.atomic))
    if CANNOT_BE_SAID in sql:
        found.append(Problem("PYTHON", "what it does cannot be looked at: let the worker do it in blocks"))
    excused = getattr(migration, "kept_from", {})
    unused = set(excused) - {each.what for each in found}
    found += [Problem(what, "is excused, and not done") for what in sorted(unused)]
    return [each for each in found if not excused.get(each.what)]


def test_migrations_since_the_first_version_let_it_go_on(server: str, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        loader = MigrationLoader(connections["owner"], replace_migrations=False)
        wrong = {
            f"{migration.app_label}.{migration.name}": found
            for migration in since_baseline(loader)
            if (found := wrong_with(loader, migration))
        }
    assert wrong == {}, (
        "mend the migration, or excuse it in its class with kept_from (tests/platform/migrations_grow.py)"
    )


def test_the_baseline_is_where_the_first_version_stood() -> None:
    loader = MigrationLoader(None)
    apps = {
        app for app, _ in loader.graph.nodes if loader.graph.nodes[app, _].__module__.startswith("kalends.")
    }
    assert set(BASELINE) <= apps
    assert all((app, name) in loader.graph.nodes for app, name in BASELINE.items()), (
        "a migration was renamed or removed"
    )
