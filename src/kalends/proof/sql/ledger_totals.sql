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
        sum(CASE WHEN status = 'voided' THEN 0 ELSE total_minor - paid_minor - credited_minor END) AS owed
    FROM invoice
    WHERE account_id = %(account_id)s AND status <> 'draft'
    GROUP BY currency
),
paid AS (
    SELECT
        currency,
        sum(amount_minor - refunded_minor) FILTER (WHERE processor = 'none') AS bank,
        sum(amount_minor - refunded_minor - fee_minor) FILTER (WHERE processor <> 'none') AS processors,
        sum(fee_minor) AS fees
    FROM payment
    WHERE account_id = %(account_id)s AND settled_at IS NOT NULL
    GROUP BY currency
),
submitted AS (
    SELECT currency, sum(amount_minor) AS amount
    FROM charge_attempt
    WHERE account_id = %(account_id)s AND status = 'processing'
    GROUP BY currency
),
known AS (
    SELECT currency FROM issued UNION SELECT currency FROM paid UNION SELECT currency FROM submitted
    UNION SELECT currency FROM balance
),
expected AS (
    SELECT k.currency, e.account, coalesce(e.amount, 0)::bigint AS amount
    FROM known AS k
    LEFT JOIN issued ON issued.currency = k.currency
    LEFT JOIN paid ON paid.currency = k.currency
    LEFT JOIN submitted ON submitted.currency = k.currency
    CROSS JOIN LATERAL (
        VALUES
            ('receivable', issued.owed - coalesce(submitted.amount, 0)),
            ('revenue', issued.tax - issued.total),
            ('tax_payable', -issued.tax),
            ('payments_in_transit', submitted.amount),
            ('processor_balance', paid.processors),
            ('bank', paid.bank),
            ('processing_fees', paid.fees),
            ('refunds', NULL),
            ('refunds_in_transit', NULL),
            ('disputes', NULL),
            ('customer_credit', NULL),
            ('write_offs', NULL)
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
