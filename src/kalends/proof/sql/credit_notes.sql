-- Every credit note against its lines and its invoice; then all the notes of an invoice against what was given on it.
WITH lines AS (
    SELECT
        credit_note_id, sum(net_minor)::bigint AS net, sum(tax_minor)::bigint AS tax, sum(total_minor)::bigint AS total
    FROM credit_note_line
    WHERE account_id = %(account_id)s
    GROUP BY credit_note_id
),
applied AS (
    SELECT credit_note_id, sum(amount_minor)::bigint AS amount, min(invoice_id) AS invoice_id
    FROM credit_application
    WHERE account_id = %(account_id)s AND credit_note_id IS NOT NULL
    GROUP BY credit_note_id
),
notes AS (
    SELECT invoice_id, sum(to_balance_minor)::bigint AS to_balance
    FROM credit_note
    WHERE account_id = %(account_id)s
    GROUP BY invoice_id
),
used AS (
    SELECT invoice_id, sum(amount_minor)::bigint AS amount
    FROM credit_application
    WHERE account_id = %(account_id)s AND credit_note_id IS NULL
    GROUP BY invoice_id
),
paid AS (
    SELECT invoice_id, sum(amount_minor)::bigint AS amount
    FROM payment
    WHERE account_id = %(account_id)s AND settled_at IS NOT NULL
    GROUP BY invoice_id
),
given AS (
    SELECT p.invoice_id, sum(r.amount_minor)::bigint AS back
    FROM refund AS r
    JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = r.payment_id
    WHERE r.account_id = %(account_id)s AND r.status <> 'failed'
    GROUP BY p.invoice_id
)
SELECT 'Credit note ' || n.number, f.figure, f.stands, f.should_be, f.currency
FROM credit_note AS n
LEFT JOIN lines ON lines.credit_note_id = n.id
LEFT JOIN applied ON applied.credit_note_id = n.id
LEFT JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = n.invoice_id
CROSS JOIN LATERAL (
    VALUES
        ('net amount', n.net_minor::text, coalesce(lines.net, 0)::text, n.currency),
        ('tax', n.tax_minor::text, coalesce(lines.tax, 0)::text, n.currency),
        ('total', n.total_minor::text, coalesce(lines.total, 0)::text, n.currency),
        ('part that made its invoice smaller', n.applied_minor::text, coalesce(applied.amount, 0)::text, n.currency),
        ('invoice', n.invoice_id::text, coalesce(applied.invoice_id, n.invoice_id)::text, NULL),
        ('currency', n.currency, i.currency, NULL),
        ('contact', n.contact_id::text, i.contact_id::text, NULL),
        ('day of issue', n.issued_on::text, (n.created_at AT TIME ZONE %(zone)s)::date::text, NULL),
        (
            'status of the invoice', i.status,
            CASE WHEN i.status IN ('open', 'paid') THEN i.status ELSE 'open or paid' END, NULL
        )
) AS f (figure, stands, should_be, currency)
WHERE n.account_id = %(account_id)s AND f.stands IS DISTINCT FROM f.should_be
UNION ALL
SELECT
    'Invoice ' || coalesce(i.number, i.id::text), 'amount given back to its customer',
    (notes.to_balance + coalesce(given.back, 0))::text,
    least(notes.to_balance + coalesce(given.back, 0), coalesce(paid.amount, 0) + coalesce(used.amount, 0))::text, i.currency
FROM notes
JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = notes.invoice_id
LEFT JOIN used ON used.invoice_id = i.id
LEFT JOIN paid ON paid.invoice_id = i.id
LEFT JOIN given ON given.invoice_id = i.id
WHERE notes.to_balance > 0
    AND notes.to_balance + coalesce(given.back, 0) > coalesce(paid.amount, 0) + coalesce(used.amount, 0)
