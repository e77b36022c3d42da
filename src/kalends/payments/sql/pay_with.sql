-- A payment that stood by itself becomes one of an invoice, as record_payments.sql would have written it.
WITH paid AS (
    UPDATE payment AS p
    SET invoice_id = i.id, subscription_id = i.subscription_id, contact_id = i.contact_id, company_id = i.company_id,
        status = 'processing', processor = 'none', fee_minor = 0, creation_method = 'MANUAL',
        payment_type = CASE WHEN coalesce(i.cycle, 0) = 0 THEN 'one_time_or_initial' ELSE 'recurring' END,
        payment_source_app = 'INVOICE', payment_source_id = i.id::text, attempts = 1, updated_at = %(now)s
    FROM invoice AS i
    WHERE p.account_id = %(account_id)s AND p.id = %(id)s AND i.account_id = %(account_id)s AND i.id = %(invoice)s
    RETURNING p.id, p.amount_minor, p.currency
)
INSERT INTO charge_attempt (
    account_id, invoice_id, attempt, payment_id, status, amount_minor, currency, intended_at
)
SELECT %(account_id)s, %(invoice)s, %(attempt)s, paid.id, 'sent', paid.amount_minor, paid.currency, %(now)s
FROM paid
