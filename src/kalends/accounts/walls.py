"""The walls between accounts, in SQL: used by migrations, checked by tests.

The ordinary connection works as the role ``kalends_app``, which owns nothing and cannot bypass row-level security.
It sees the rows of the one account named by the setting ``kalends.account_id`` and none without it.
"""

APP_ROLE = "kalends_app"

CREATE_ROLE = f"""
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN
        CREATE ROLE {APP_ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
    IF NOT pg_has_role(current_user, '{APP_ROLE}', 'MEMBER') THEN
        EXECUTE format('GRANT {APP_ROLE} TO %I', current_user);
    END IF;
END $$;
GRANT USAGE ON SCHEMA public TO {APP_ROLE};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE};
"""

REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: a row of it is never changed or deleted', TG_TABLE_NAME;
END $$;
"""

OWN_PLACES = """
CREATE POLICY own_places ON membership FOR SELECT
    USING (user_id = (SELECT nullif(current_setting('kalends.user_id', true), '')::bigint));
"""
"""Lets a signed-in user see the places that they have in other accounts, and nothing else of those accounts: without
this, finding somebody's accounts would mean entering each of them."""


def wall_around(table: str) -> str:
    """SQL that lets the application's role into ``table``, one account at a time.

    No statistics are kept of ``account_id``: the planner would take an account that grew since they were made for
    nearly empty, and read all of it instead of looking up keys. Without, it expects a share of the table.
    """
    return f"""
    ALTER TABLE {table} ALTER COLUMN account_id SET STATISTICS 0;
    GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP_ROLE};
    ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
    ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
    CREATE POLICY account_wall ON {table}
        USING (account_id = (SELECT nullif(current_setting('kalends.account_id', true), '')::bigint));
    """


def append_only(table: str) -> str:
    """SQL that refuses every change and deletion of rows in ``table``, to whoever tries."""
    return f"""
    REVOKE UPDATE, DELETE ON {table} FROM {APP_ROLE};
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION refuse_change();
    """


def same_account(table: str, column: str, target: str) -> str:
    """SQL of a foreign key that cannot point into another account."""
    return f"""
    ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_fk
        FOREIGN KEY (account_id, {column}) REFERENCES {target} (account_id, id);
    """
