-- What each invoice still owes by the ledger, beside what it says itself.
WITH owed AS (
    SELECT
        invoice_id,
        sum(
            CASE WHEN debit = 'receivable' THEN amount_minor ELSE 0 END
            - CASE WHEN credit = 'receivable' THEN amount_minor ELSE 0 END
        )::bigint AS claim,
        sum(
            CASE WHEN debit = 'payments_in_transit' THEN amount_minor ELSE 0 END
            - CASE WHEN credit = 'payments_in_transit' THEN amount_minor ELSE 0 END
        )::bigint AS in_transit
    FROM ledger_transfer
    WHERE account_id = %(account_id)s
    GROUP BY invoice_id
),
submitted AS (
    SELECT invoice_id, sum(amount_minor)::bigint AS amount
    FROM charge_attempt
    WHERE account_id = %(account_id)s AND status = 'processing'
    GROUP BY invoice_id
)
SELECT 'Invoice ' || coalesce(i.number, i.id::text), f.figure, f.stands::text, f.should_be::text, i.currency
FROM invoice AS i
LEFT JOIN owed ON owed.invoice_id = i.id
LEFT JOIN submitted ON submitted.invoice_id = i.id
CROSS JOIN LATERAL (
    VALUES
        (
            'balance due', CASE i.status WHEN 'voided' THEN 0 ELSE i.total_minor - i.paid_minor - i.credited_minor END,
            coalesce(owed.claim, 0) + coalesce(owed.in_transit, 0)
        ),
        ('amount being collected', coalesce(submitted.amount, 0), coalesce(owed.in_transit, 0))
) AS f (figure, stands, should_be)
WHERE i.account_id = %(account_id)s AND i.status IN ('open', 'paid', 'voided') AND f.stands <> f.should_be
ORDER BY i.id
