SELECT u.billed_for, u.reference, u.amount_minor, u.currency, u.idempotency_key
FROM unbooked_charge AS u
WHERE u.account_id = %(account_id)s
    AND u.processor = %(processor)s
    AND u.settled IS NULL
    AND u.amount_minor > 0
    AND u.billed_for = ANY(%(named)s::text[])
    AND u.billed_for <> ''
ORDER BY u.made_at, u.id
