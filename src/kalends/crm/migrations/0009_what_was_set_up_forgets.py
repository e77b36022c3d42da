"""The journal of what people set up (filters, reports, workflows) loses the words of a person who is erased as well."""

from django.db import migrations

_WHAT_WAS_SET_UP = (
    "'segment', 'saved_view', 'saved_report', 'dashboard', 'dashboard_mail', 'mailing', 'workflow', 'export', 'import', "
    "'property', 'pipeline', 'payment_link', 'discount_code', 'wording', 'webhook', 'account'"
)


def erase(beyond_records: str) -> str:
    """The function, with what it does beyond the person's own records."""
    return f"""
CREATE OR REPLACE FUNCTION erase_from_journal(contacts bigint[], columns text[], words text[])
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    account bigint := nullif(current_setting('kalends.account_id', true), '')::bigint;
    records bigint[];
    emptied bigint;
    beyond bigint := 0;
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
    {beyond_records}
    UPDATE credit_note AS n SET reason = without_words(n.reason, words)
    WHERE n.account_id = account AND n.contact_id = ANY(contacts) AND n.reason <> '';
    PERFORM set_config('kalends.erasing', 'no', true);
    RETURN emptied + beyond;
END $$;
"""


BEYOND = f"""
    UPDATE event AS e
    SET data = without_words(e.data, named.words)
    FROM (
        -- What may be a name of the filter language is left: whoever lives at "Email" is not taken out of every filter.
        SELECT array_agg(word) AS words FROM unnest(words) AS word
        WHERE length(btrim(word)) >= 4 AND word !~ '^([A-Za-z_][A-Za-z0-9_]*|[0-9]{{1,6}})$'
    ) AS named
    WHERE e.account_id = account AND e.object_type IN ({_WHAT_WAS_SET_UP})
        AND named.words IS NOT NULL AND e.data::text ~* pattern_of_words(named.words);
    GET DIAGNOSTICS beyond = ROW_COUNT;
"""


class Migration(migrations.Migration):
    dependencies = [("crm", "0008_keys_hold_the_account")]

    operations = [migrations.RunSQL(erase(BEYOND), erase(""))]
