"""Writers of events say from where on they number them, so that a feed knows what it may not pass yet."""

from django.db import migrations

SAY = """
CREATE FUNCTION say_where_events_begin() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    account bigint := coalesce(nullif(current_setting('kalends.account_id', true), '')::bigint, 0);
    writing text := pg_current_xact_id()::text || '/' || account;
    floor bigint;
BEGIN
    IF current_setting('kalends.writes_events', true) = writing THEN
        RETURN NULL;
    END IF;
    SELECT last_value - CASE WHEN is_called THEN 0 ELSE 1 END INTO floor FROM event_id;
    -- Two integers: the account, below zero as other locks use classes above it, and the last 31 bits of the floor.
    PERFORM pg_advisory_xact_lock_shared((-(account % 2147483647))::integer, (floor & 2147483647)::integer);
    PERFORM set_config('kalends.writes_events', writing, true);
    RETURN NULL;
END $$;

CREATE TRIGGER say_where_events_begin BEFORE INSERT ON event
    FOR EACH STATEMENT EXECUTE FUNCTION say_where_events_begin();
"""

UNSAY = """
DROP TRIGGER say_where_events_begin ON event;
DROP FUNCTION say_where_events_begin();
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0003_answers")]

    operations = [migrations.RunSQL(SAY, UNSAY)]
