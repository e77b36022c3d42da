"""A person can be erased: their words are taken out of texts and of the journal, which stays append-only otherwise."""

from django.db import migrations

from kalends.accounts import walls

TAKE_OUT = """
CREATE FUNCTION pattern_of_words(words text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT '(?<!\\w)(' || string_agg(regexp_replace(word, '([^\\w\\s])', '\\\\\\1', 'g'), '|' ORDER BY length(word) DESC, word)
        || ')(?!\\w)'
    FROM unnest(words) AS word
    WHERE length(btrim(word)) >= 4
$$;

CREATE FUNCTION without_words(written text, words text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(regexp_replace(written, pattern_of_words(words), '[erased]', 'gi'), written)
$$;

CREATE FUNCTION without_words(written jsonb, words text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE jsonb_typeof(written)
        WHEN 'string' THEN to_jsonb(without_words(written #>> '{}', words))
        WHEN 'array' THEN (
            SELECT coalesce(jsonb_agg(without_words(part, words) ORDER BY place), '[]')
            FROM jsonb_array_elements(written) WITH ORDINALITY AS each (part, place)
        )
        WHEN 'object' THEN (
            SELECT coalesce(jsonb_object_agg(name, without_words(part, words)), '{}')
            FROM jsonb_each(written) AS each (name, part)
        )
        ELSE written
    END
$$;
"""
"""Words are found whole and in capitals or not. Shorter ones than four letters would be found where nobody is meant."""

GUARD = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Only what erases a person says so, and only in the words of a row: its numbers, days and amounts stay.
    IF TG_OP = 'UPDATE' AND current_setting('kalends.erasing', true) = 'yes'
        AND to_jsonb(NEW) - ARRAY['data', 'reason'] = to_jsonb(OLD) - ARRAY['data', 'reason']
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only: a row of it is never changed or deleted', TG_TABLE_NAME;
END $$;
"""

ERASE = f"""
CREATE FUNCTION erase_from_journal(contacts bigint[], columns text[], words text[])
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    account bigint := nullif(current_setting('kalends.account_id', true), '')::bigint;
    records bigint[];
    emptied bigint;
BEGIN
    IF account IS NULL OR cardinality(contacts) = 0 OR (
        SELECT count(*) FROM contact WHERE account_id = account AND id = ANY(contacts)
    ) IS DISTINCT FROM cardinality(contacts) THEN
        RAISE EXCEPTION 'words are taken out of the journal only for contacts that are there';
    END IF;
    SELECT coalesce(array_agg(DISTINCT id), '{{}}') INTO records FROM (
        SELECT id FROM subscription WHERE account_id = account AND contact_id = ANY(contacts)
        UNION ALL SELECT id FROM invoice WHERE account_id = account AND contact_id = ANY(contacts)
        UNION ALL SELECT id FROM payment WHERE account_id = account AND contact_id = ANY(contacts)
        UNION ALL SELECT to_id FROM association
        WHERE account_id = account AND from_type = 'contact' AND from_id = ANY(contacts) AND to_type <> 'company'
    ) AS theirs;
    PERFORM set_config('kalends.erasing', 'yes', true);
    UPDATE event AS e
    SET data = without_words(
        CASE
            WHEN e.object_id = ANY(contacts) THEN e.data - 'changes'
            ELSE e.data
                || CASE WHEN e.data ? 'changes'
                    THEN jsonb_build_object('changes', (e.data -> 'changes') - columns) ELSE '{{}}' END
                || CASE WHEN e.data ? 'parent_changes'
                    THEN jsonb_build_object('parent_changes', (e.data -> 'parent_changes') - columns) ELSE '{{}}' END
        END,
        words
    )
    WHERE e.account_id = account
        AND (e.object_id = ANY(contacts || records) OR e.parent_id = ANY(records));
    GET DIAGNOSTICS emptied = ROW_COUNT;
    UPDATE credit_note AS n SET reason = without_words(n.reason, words)
    WHERE n.account_id = account AND n.contact_id = ANY(contacts) AND n.reason <> '';
    PERFORM set_config('kalends.erasing', 'no', true);
    RETURN emptied;
END $$;
REVOKE ALL ON FUNCTION erase_from_journal FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_from_journal TO {walls.APP_ROLE};
"""


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0002_sales_and_schema"),
        ("accounts", "0002_walls"),
        ("billing", "0002_credit"),
        ("events", "0001_initial"),
        ("payments", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(TAKE_OUT, migrations.RunSQL.noop),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
        migrations.RunSQL(ERASE, migrations.RunSQL.noop),
    ]
