-- Events of a step of the journal, and the subscriptions of one app that ask for them.
-- An event is named by its kind, or by a property that it changed on its record or on the subscription it concerns.
WITH step AS MATERIALIZED (
    SELECT e.id, e.kind, e.object_type, e.object_id, e.parent_id, e.data
    FROM event AS e
    WHERE e.account_id = %(account_id)s AND e.id > %(after)s AND e.id <= %(upto)s
),
wanted AS MATERIALIZED (
    SELECT f.subscription, f.object, f.kind, f.first_only, f.place, f.since
    FROM ROWS FROM (
        unnest(
            %(subscriptions)s::bigint[], %(objects)s::text[], %(kinds)s::text[], %(firsts)s::boolean[],
            %(places)s::text[], %(sinces)s::bigint[]
        ),
        string_to_table('', '')
    ) AS f (subscription, object, kind, first_only, place, since, many)
),
matching AS (
    SELECT w.subscription, s.id
    FROM step AS s
    JOIN wanted AS w ON w.kind = s.kind AND w.object = s.object_type AND s.id > w.since
    WHERE NOT w.first_only
        OR NOT EXISTS (
            SELECT FROM event AS earlier
            WHERE earlier.account_id = %(account_id)s AND earlier.object_id = s.object_id
                AND earlier.object_type = s.object_type AND earlier.id < s.id
        )
    UNION
    SELECT w.subscription, s.id
    FROM step AS s
    JOIN wanted AS w ON w.place IS NOT NULL AND w.object = s.object_type AND s.id > w.since
    WHERE s.data -> 'changes' ? w.place
    UNION
    SELECT w.subscription, s.id
    FROM step AS s
    JOIN wanted AS w ON w.place IS NOT NULL AND w.object = 'subscription' AND s.id > w.since
    WHERE s.parent_id IS NOT NULL AND s.data -> 'parent_changes' ? w.place
)
INSERT INTO webhook_delivery (account_id, subscription_id, event_id, app_id)
SELECT %(account_id)s, m.subscription, m.id, %(app_id)s
FROM matching AS m
ON CONFLICT ON CONSTRAINT webhook_delivery_pkey DO NOTHING
