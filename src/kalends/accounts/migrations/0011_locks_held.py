"""Whoever works on something holds an advisory lock for as long as they live: ``locks_held`` says which are held.

A function of its own rows, and not a question for each lock: a statement about thousands of senders reads the locks
once and hashes them. It is plain SQL, stable and unrestricted, so that the planner takes it for what it says.
"""

from django.db import migrations

MAKE = """
CREATE FUNCTION locks_held() RETURNS TABLE (key bigint) LANGUAGE sql STABLE AS $$
    SELECT l.classid::bigint << 32 | l.objid::bigint
    FROM pg_locks AS l
    WHERE l.locktype = 'advisory'
        AND l.granted
        AND l.objsubid = 1
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
$$;
COMMENT ON FUNCTION locks_held() IS 'The advisory locks of one number that somebody holds in this database.';
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_webhook_notices")]

    operations = [migrations.RunSQL(MAKE, "DROP FUNCTION locks_held();")]
