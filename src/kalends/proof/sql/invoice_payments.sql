-- Every invoice against the payments and the credit on it. What is given back leaves an invoice paid and is counted
-- beside that. Where the customer's credit paid all of it, there was nothing to charge.
WITH paid AS (
    SELECT
        invoice_id,
        sum(CASE WHEN settled_at IS NOT NULL THEN amount_minor ELSE 0 END)::bigint AS settled,
        sum(CASE WHEN status = 'processing' THEN amount_minor ELSE 0 END)::bigint AS under_way,
        sum(refunded_minor)::bigint AS refunded
    FROM payment
    WHERE account_id = %(account_id)s
    GROUP BY invoice_id
),
numbered AS (
    SELECT invoice_id, max(attempt)::bigint AS last, count(*) AS attempts
    FROM charge_attempt
    WHERE account_id = %(account_id)s
    GROUP BY invoice_id
),
credited AS (
    SELECT
        invoice_id, sum(amount_minor)::bigint AS amount,
        sum(CASE WHEN credit_note_id IS NULL THEN amount_minor ELSE 0 END)::bigint AS from_balance
    FROM credit_application
    WHERE account_id = %(account_id)s
    GROUP BY invoice_id
)
SELECT 'Invoice ' || coalesce(i.number, i.id::text), f.figure, f.stands::text, f.should_be::text, f.currency
FROM invoice AS i
LEFT JOIN paid ON paid.invoice_id = i.id
LEFT JOIN numbered ON numbered.invoice_id = i.id
LEFT JOIN credited ON credited.invoice_id = i.id
CROSS JOIN LATERAL (
    VALUES
        ('amount paid', i.paid_minor, coalesce(paid.settled, 0), i.currency),
        ('amount credited', i.credited_minor, coalesce(credited.amount, 0), i.currency),
        ('amount refunded', i.refunded_minor, coalesce(paid.refunded, 0), i.currency),
        (
            'amount collected or being collected', coalesce(paid.settled + paid.under_way, 0),
            least(coalesce(paid.settled + paid.under_way, 0), i.total_minor - i.credited_minor), i.currency
        ),
        ('number of the last charge attempt', numbered.last, numbered.attempts, NULL::text),
        (
            'number of payments',
            (CASE WHEN i.collection = 'automatic' AND i.total_minor > coalesce(credited.from_balance, 0)
                AND i.status <> 'draft' AND i.reason <> 'manual' AND paid.invoice_id IS NULL THEN 0 ELSE 1 END)::bigint, 1, NULL
        )
) AS f (figure, stands, should_be, currency)
WHERE i.account_id = %(account_id)s AND f.stands IS DISTINCT FROM f.should_be
ORDER BY i.id
