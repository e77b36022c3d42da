-- What each charge that the books do not know was for. It takes the place of a charge to come where the cycle that it
-- paid is still to be billed, or was billed and is not paid. Otherwise its subscription is parked; where it does not say
-- which one, all of its customer's are.
SELECT
    u.reference, u.processor, u.amount_minor, u.currency, u.made_at,
    u.amount_minor > 0 AND coalesce(told.awaited, billed.there, false) AS awaited,
    coalesce(concerned.ids, '{}'), coalesce(concerned.cycles, '{}')
FROM unbooked_charge AS u
LEFT JOIN LATERAL (
    SELECT s.id, s.creates_invoices AND s.collection = 'automatic' AND split_part(u.billed_for, '/', 3) = 'cycle'
        AND s.next_due_date IS NOT NULL AND s.next_cycle <= split_part(u.billed_for, '/', 2)::int AS awaited
    FROM subscription AS s
    WHERE s.account_id = %(account_id)s
        AND u.billed_for ~ '^[0-9]+/[0-9]+/'
        AND s.id = (CASE WHEN u.billed_for ~ '^[0-9]+/' THEN split_part(u.billed_for, '/', 1) END)::bigint
) AS told ON true
LEFT JOIN LATERAL (
    SELECT true AS there
    FROM invoice AS i
    WHERE i.account_id = %(account_id)s AND i.status = 'open'
        AND u.billed_for = coalesce(i.subscription_id || '/' || i.cycle || '/' || i.reason, 'invoice/' || i.id)
        AND (
            i.subscription_id = told.id
            OR i.id = (CASE WHEN u.billed_for ~ '^invoice/[0-9]+$' THEN split_part(u.billed_for, '/', 2) END)::bigint
        )
    LIMIT 1
) AS billed ON NOT coalesce(told.awaited, false)
LEFT JOIN LATERAL (
    SELECT array_agg(s.id ORDER BY s.id) AS ids, array_agg(s.next_cycle ORDER BY s.id) AS cycles
    FROM subscription AS s
    LEFT JOIN payment_method AS m ON m.account_id = %(account_id)s AND m.id = s.payment_method_id
    WHERE s.account_id = %(account_id)s AND s.creates_invoices AND s.next_due_date IS NOT NULL AND u.amount_minor > 0
        AND (
            s.id = told.id
            OR u.billed_for = '' AND u.customer <> '' AND m.processor = u.processor
            AND starts_with(m.token, u.customer || ':')
        )
) AS concerned ON true
WHERE u.account_id = %(account_id)s AND u.settled IS NULL
ORDER BY u.made_at, u.id
