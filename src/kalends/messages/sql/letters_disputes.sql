SELECT payment_id, amount_minor, fee_minor, currency, opened_at, evidence_due_on, decided_at
FROM dispute
WHERE account_id = %(account_id)s AND payment_id = ANY(%(ids)s::bigint[])
