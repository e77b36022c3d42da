-- A charge's own key names its invoice and attempt, except where one charge of a checkout paid several invoices.
WITH told AS (
    SELECT *
    FROM unnest(%(keys)s::text[], %(invoices)s::bigint[], %(attempts)s::smallint[], %(instants)s::timestamptz[])
        AS row (key, invoice_id, attempt, at)
),
held AS (
    SELECT a.payment_id, told.at
    FROM told
    JOIN charge_attempt AS a
        ON a.account_id = %(account_id)s AND a.invoice_id = told.invoice_id AND a.attempt = told.attempt
        AND a.charge_key IS NULL
    UNION
    SELECT a.payment_id, told.at
    FROM told
    JOIN charge_attempt AS a ON a.account_id = %(account_id)s AND a.charge_key = told.key
)
UPDATE payment AS p
SET payout_at = held.at, updated_at = %(now)s
FROM held
WHERE p.account_id = %(account_id)s AND p.id = held.payment_id AND p.payout_at IS NULL
RETURNING p.id, p.subscription_id, p.payout_at
