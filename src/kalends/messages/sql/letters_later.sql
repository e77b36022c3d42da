-- The end of letters_of_*.sql: what the subscription (s) was changed in after the letter was decided on, each with what
-- stood there first. Where the occasion is an event, "after" is after that event, since two may be of one instant.
LEFT JOIN LATERAL (
    SELECT
        (array_agg(changed.what -> 'next_due_date' ORDER BY e.id)
            FILTER (WHERE changed.what ? 'next_due_date'))[1] AS due,
        (array_agg(changed.what -> 'next_amount_minor' ORDER BY e.id)
            FILTER (WHERE changed.what ? 'next_amount_minor'))[1] AS amount,
        (array_agg(changed.what -> 'payment_method_id' ORDER BY e.id)
            FILTER (WHERE changed.what ? 'payment_method_id'))[1] AS method
    FROM event AS e
    CROSS JOIN LATERAL (
        SELECT e.data -> CASE WHEN e.object_id = s.id THEN 'changes' ELSE 'parent_changes' END AS what
    ) AS changed
    WHERE e.account_id = %(account_id)s
        AND e.parent_id = s.id
        AND CASE
            WHEN %(by_event)s AND wanted.occasion ~ '^[0-9]+$' THEN
                s.updated_at >= wanted.created_at AND e.id > wanted.occasion::bigint
            ELSE s.updated_at > wanted.created_at AND e.at > wanted.created_at
        END
) AS later ON true
