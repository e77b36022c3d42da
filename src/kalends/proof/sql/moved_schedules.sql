-- Resumed subscriptions: from which cycle on the schedule was another one, and the day on which that cycle fell due.
-- Lookups by key stand in brackets, so that no plan reads a whole table for a block of subscriptions.
SELECT
    resumed.parent_id,
    coalesce(
        (
            SELECT (issued.data ->> 'cycle')::int
            FROM event AS issued
            WHERE issued.account_id = %(account_id)s
                AND issued.parent_id = resumed.parent_id
                AND issued.id > resumed.id
                AND issued.kind = 'invoice.issued'
            ORDER BY issued.id
            LIMIT 1
        ),
        (
            SELECT s.next_cycle FROM subscription AS s
            WHERE s.account_id = %(account_id)s AND s.id = resumed.parent_id
        )
    ),
    (resumed.data #>> '{changes,next_due_date,1}')::date
FROM event AS resumed
WHERE resumed.account_id = %(account_id)s
    AND resumed.parent_id = ANY(%(subscriptions)s::bigint[])
    AND resumed.kind = 'subscription.resumed'
ORDER BY resumed.parent_id, resumed.id
