-- Credit that pays invoices of a block: taken off the balance, and written down under the invoice.
WITH used AS MATERIALIZED (
    SELECT *
    FROM unnest(
        %(ids)s::bigint[], %(invoices)s::bigint[], %(contacts)s::bigint[], %(currencies)s::text[], %(amounts)s::bigint[]
    ) AS used (id, invoice_id, contact_id, currency, amount)
),
applied AS (
    INSERT INTO credit_application (account_id, id, invoice_id, contact_id, currency, amount_minor, applied_on)
    SELECT %(account_id)s, id, invoice_id, contact_id, currency, amount, %(today)s FROM used
)
UPDATE customer_credit AS c
SET balance_minor = c.balance_minor - spent.amount
FROM (SELECT contact_id, currency, sum(amount)::bigint AS amount FROM used GROUP BY contact_id, currency) AS spent
WHERE c.account_id = %(account_id)s
    AND c.contact_id = ANY(%(contacts)s::bigint[])
    AND c.contact_id = spent.contact_id
    AND c.currency = spent.currency
