-- Each ledger account's balance per currency (debits positive) beside the same sum over documents. The last figure of
-- a currency adds up every account of the chart: it is nothing, or something was posted to an account that is not one.
WITH moved AS (
    SELECT currency, debit AS account, sum(amount_minor)::bigint AS amount
    FROM ledger_transfer WHERE account_id = %(account_id)s GROUP BY 1, 2
    UNION ALL
    SELECT currency, credit, -sum(amount_minor)::bigint
    FROM ledger_transfer WHERE account_id = %(account_id)s GROUP BY 1, 2
),
balance AS (
    SELECT currency, account, sum(amount)::bigint AS amount FROM moved GROUP BY 1, 2
),
issued AS (
    SELECT
        currency, sum(total_minor) AS total, sum(tax_minor) AS tax,
        sum(total_minor - paid_minor - credited_minor) AS owed
    FROM invoice
    WHERE account_id = %(account_id)s AND status NOT IN ('draft', 'voided')
    GROUP BY currency
),
paid AS (
    SELECT
        currency,
        sum(amount_minor) FILTER (WHERE processor = 'none') AS bank,
        sum(amount_minor - fee_minor) FILTER (WHERE processor <> 'none') AS processors,
        sum(fee_minor) AS fees
    FROM payment
    WHERE account_id = %(account_id)s AND settled_at IS NOT NULL
    GROUP BY currency
),
failed AS (
    SELECT currency, sum(failure_fee_minor) AS fees
    FROM charge_attempt
    WHERE account_id = %(account_id)s AND status = 'failed'
    GROUP BY currency
),
submitted AS (
    SELECT currency, sum(amount_minor) AS amount
    FROM charge_attempt
    WHERE account_id = %(account_id)s AND status = 'processing'
    GROUP BY currency
),
given AS (
    SELECT
        r.currency,
        sum(r.amount_minor) FILTER (WHERE r.status <> 'failed') AS promised,
        sum(r.amount_minor) FILTER (WHERE r.status NOT IN ('succeeded', 'failed')) AS under_way,
        sum(r.amount_minor) FILTER (WHERE r.status = 'succeeded' AND p.processor = 'none') AS by_hand,
        sum(r.amount_minor) FILTER (WHERE r.status = 'succeeded' AND p.processor <> 'none') AS by_processors
    FROM refund AS r
    JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = r.payment_id
    WHERE r.account_id = %(account_id)s
    GROUP BY r.currency
),
disputed AS (
    SELECT
        currency,
        sum(amount_minor) FILTER (WHERE status = 'open') AS undecided,
        sum(amount_minor) FILTER (WHERE status = 'lost') AS lost,
        sum(amount_minor) FILTER (WHERE status <> 'won') AS taken,
        sum(fee_minor - fee_back_minor) AS fees
    FROM dispute
    WHERE account_id = %(account_id)s
    GROUP BY currency
),
noted AS (
    SELECT currency, sum(net_minor) AS net, sum(tax_minor) AS tax
    FROM credit_note
    WHERE account_id = %(account_id)s
    GROUP BY currency
),
credited AS (
    SELECT currency, sum(amount_minor) AS amount
    FROM credit_application
    WHERE account_id = %(account_id)s
    GROUP BY currency
),
known AS (
    SELECT currency FROM issued UNION SELECT currency FROM paid UNION SELECT currency FROM submitted
    UNION SELECT currency FROM failed
    UNION SELECT currency FROM given UNION SELECT currency FROM disputed UNION SELECT currency FROM noted
    UNION SELECT currency FROM credited UNION SELECT currency FROM balance
),
expected AS (
    SELECT k.currency, e.account, coalesce(e.amount, 0)::bigint AS amount
    FROM known AS k
    LEFT JOIN issued ON issued.currency = k.currency
    LEFT JOIN paid ON paid.currency = k.currency
    LEFT JOIN submitted ON submitted.currency = k.currency
    LEFT JOIN failed ON failed.currency = k.currency
    LEFT JOIN given ON given.currency = k.currency
    LEFT JOIN disputed ON disputed.currency = k.currency
    LEFT JOIN noted ON noted.currency = k.currency
    LEFT JOIN credited ON credited.currency = k.currency
    CROSS JOIN LATERAL (
        VALUES
            ('receivable', issued.owed - coalesce(submitted.amount, 0)),
            ('revenue', issued.tax - issued.total + coalesce(noted.net, 0)),
            ('tax_payable', coalesce(noted.tax, 0) - issued.tax),
            ('payments_in_transit', submitted.amount),
            (
                'processor_balance',
                coalesce(paid.processors, 0) - coalesce(given.by_processors, 0) - coalesce(disputed.taken, 0)
                    - coalesce(disputed.fees, 0) - coalesce(failed.fees, 0)
            ),
            ('bank', coalesce(paid.bank, 0) - coalesce(given.by_hand, 0)),
            ('processing_fees', coalesce(paid.fees, 0) + coalesce(disputed.fees, 0) + coalesce(failed.fees, 0)),
            ('refunds', given.promised),
            ('refunds_in_transit', -given.under_way),
            ('disputes', disputed.undecided),
            ('customer_credit', coalesce(credited.amount, 0) - coalesce(noted.net + noted.tax, 0)),
            ('write_offs', disputed.lost)
    ) AS e (account, amount)
)
SELECT
    'Ledger account ' || e.account || ' in ' || e.currency, 'balance', coalesce(b.amount, 0)::text, e.amount::text,
    e.currency
FROM expected AS e
LEFT JOIN balance AS b ON b.currency = e.currency AND b.account = e.account
WHERE coalesce(b.amount, 0) <> e.amount
UNION ALL
SELECT 'Ledger in ' || e.currency, 'sum of debits less credits', sum(coalesce(b.amount, 0))::text, '0', e.currency
FROM expected AS e
LEFT JOIN balance AS b ON b.currency = e.currency AND b.account = e.account
GROUP BY e.currency
HAVING sum(coalesce(b.amount, 0)) <> 0
