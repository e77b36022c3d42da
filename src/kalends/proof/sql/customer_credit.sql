-- Each customer's balance beside what credit notes brought and invoices used, by the documents and by the ledger.
WITH moved AS (
    SELECT contact_id, currency, to_balance_minor AS amount FROM credit_note
    WHERE account_id = %(account_id)s AND to_balance_minor > 0
    UNION ALL
    SELECT contact_id, currency, -amount_minor FROM credit_application
    WHERE account_id = %(account_id)s AND credit_note_id IS NULL
),
documents AS (
    SELECT contact_id, currency, sum(amount)::bigint AS amount FROM moved GROUP BY 1, 2
),
posted AS (
    SELECT
        coalesce(n.contact_id, c.contact_id) AS contact_id, t.currency,
        sum(CASE WHEN t.credit = 'customer_credit' THEN t.amount_minor ELSE -t.amount_minor END)::bigint AS amount
    FROM ledger_transfer AS t
    LEFT JOIN credit_note AS n ON n.account_id = %(account_id)s AND n.id = t.document_id
    LEFT JOIN credit_application AS c ON c.account_id = %(account_id)s AND c.id = t.document_id
    WHERE t.account_id = %(account_id)s AND 'customer_credit' IN (t.debit, t.credit)
    GROUP BY 1, 2
),
known AS (
    SELECT contact_id, currency FROM documents
    UNION SELECT contact_id, currency FROM posted
    UNION SELECT contact_id, currency FROM customer_credit WHERE account_id = %(account_id)s
)
SELECT
    'Credit of contact ' || coalesce(k.contact_id::text, 'nobody'), f.figure, f.stands::text, f.should_be::text, k.currency
FROM known AS k
LEFT JOIN customer_credit AS c
    ON c.account_id = %(account_id)s AND c.contact_id = k.contact_id AND c.currency = k.currency
LEFT JOIN documents AS d ON d.contact_id IS NOT DISTINCT FROM k.contact_id AND d.currency = k.currency
LEFT JOIN posted AS p ON p.contact_id IS NOT DISTINCT FROM k.contact_id AND p.currency = k.currency
CROSS JOIN LATERAL (
    VALUES
        ('balance', coalesce(c.balance_minor, 0), coalesce(d.amount, 0)),
        ('balance by the ledger', coalesce(p.amount, 0), coalesce(c.balance_minor, 0))
) AS f (figure, stands, should_be)
WHERE f.stands <> f.should_be
ORDER BY k.contact_id, k.currency
