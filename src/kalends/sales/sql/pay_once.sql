WITH paid AS (
    INSERT INTO payment (
        account_id, id, created_at, updated_at, source_label, owner_id, invoice_id, contact_id, company_id,
        payment_method_id, status, status_updated_at, currency, amount_minor, initiated_at, method_kind, payment_type,
        line_discount_minor
    )
    SELECT
        %(account_id)s, %(id)s, %(now)s, %(now)s, %(source)s, i.owner_id, i.id, i.contact_id, i.company_id, %(method)s,
        'processing', %(now)s, i.currency, %(amount)s, %(now)s, 'other', 'one_time_or_initial',
        i.discount_minor - i.order_discount_minor
    FROM invoice AS i
    WHERE i.account_id = %(account_id)s AND i.id = %(invoice)s
)
INSERT INTO charge_attempt (
    account_id, invoice_id, attempt, payment_id, payment_method_id, status, amount_minor, currency, intended_at
)
SELECT %(account_id)s, i.id, 1, %(id)s, %(method)s, 'sent', %(amount)s, i.currency, %(now)s
FROM invoice AS i
WHERE i.account_id = %(account_id)s AND i.id = %(invoice)s
