-- Subscriptions that were resumed, edited or switched on: from which cycle on the schedule was another one, and what
-- changed of the anchor that it is counted from. Lookups by key stand in brackets, so that no plan reads a whole table for
-- a block.
SELECT
    moved.parent_id,
    coalesce(
        (
            SELECT (issued.data ->> 'cycle')::int
            FROM event AS issued
            WHERE issued.account_id = %(account_id)s
                AND issued.parent_id = moved.parent_id
                AND issued.id > moved.id
                AND issued.kind = 'invoice.issued'
                AND NOT issued.data ? 'reason'
            ORDER BY issued.id
            LIMIT 1
        ),
        (
            SELECT s.next_cycle FROM subscription AS s
            WHERE s.account_id = %(account_id)s AND s.id = moved.parent_id
        )
    ),
    (moved.data #>> '{changes,anchor_date,1}')::date,
    (moved.data #>> '{changes,anchor_cycle,1}')::int
FROM event AS moved
WHERE moved.account_id = %(account_id)s
    AND moved.parent_id = ANY(%(subscriptions)s::bigint[])
    AND moved.kind IN ('subscription.resumed', 'subscription.edited', 'subscription.billing_started')
    AND moved.data -> 'changes' ?| ARRAY['anchor_date', 'anchor_cycle']
ORDER BY moved.parent_id, moved.id
