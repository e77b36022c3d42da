-- Each use of a balance by an invoice: all that there was, as far as the invoice goes, but for the smallest charge that
-- must be left where a rest is charged. Whoever changes a balance holds it before taking an id: ids tell the order.
WITH moves AS (
    SELECT id, contact_id, currency, to_balance_minor AS amount, NULL::bigint AS invoice_id FROM credit_note
    WHERE account_id = %(account_id)s AND to_balance_minor > 0
    UNION ALL
    SELECT id, contact_id, currency, -amount_minor, invoice_id FROM credit_application
    WHERE account_id = %(account_id)s AND credit_note_id IS NULL
),
walked AS (
    SELECT *, sum(amount) OVER (PARTITION BY contact_id, currency ORDER BY id) - amount AS before FROM moves
),
used AS (
    SELECT
        w.id, -w.amount AS amount, w.before::bigint AS before, w.contact_id, w.currency, i.number, i.total_minor AS total,
        i.contact_id AS invoice_contact, i.currency AS invoice_currency, i.invoice_date, a.applied_on,
        CASE WHEN i.collection = 'automatic' THEN coalesce(least_charge.amount, 1) ELSE 0 END AS smallest
    FROM walked AS w
    JOIN credit_application AS a ON a.account_id = %(account_id)s AND a.id = w.id
    JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = w.invoice_id
    LEFT JOIN unnest(%(currencies)s::text[], %(smallest)s::bigint[]) AS least_charge (currency, amount)
        ON least_charge.currency = i.currency
)
SELECT 'Credit used by invoice ' || coalesce(u.number, u.id::text), f.figure, f.stands, f.should_be, f.currency
FROM used AS u
CROSS JOIN LATERAL (
    VALUES
        (
            'amount', u.amount::text,
            CASE
                WHEN u.before >= u.total THEN u.total
                WHEN u.total - u.before < u.smallest THEN u.total - u.smallest
                ELSE u.before
            END::text,
            u.currency
        ),
        ('contact', u.contact_id::text, u.invoice_contact::text, NULL),
        ('currency', u.currency, u.invoice_currency, NULL),
        ('day', u.applied_on::text, u.invoice_date::text, NULL)
) AS f (figure, stands, should_be, currency)
WHERE f.stands IS DISTINCT FROM f.should_be
ORDER BY u.id
