-- A credit note makes its own invoice smaller; one that owes nothing any more needs no further try of a charge.
WITH credited AS (
    UPDATE invoice AS i
    SET credited_minor = i.credited_minor + %(amount)s,
        status = CASE WHEN i.paid_minor + i.credited_minor + %(amount)s = i.total_minor THEN 'paid' ELSE i.status END,
        paid_at = CASE WHEN i.paid_minor + i.credited_minor + %(amount)s = i.total_minor THEN %(now)s ELSE i.paid_at END,
        updated_at = %(now)s
    WHERE i.account_id = %(account_id)s AND i.id = %(invoice_id)s
    RETURNING i.id, i.status
),
no_retries AS (
    UPDATE payment AS p
    SET next_retry_on = NULL, updated_at = %(now)s
    FROM credited
    WHERE p.account_id = %(account_id)s
        AND p.invoice_id = credited.id
        AND credited.status = 'paid'
        AND p.next_retry_on IS NOT NULL
)
INSERT INTO credit_application (
    account_id, id, invoice_id, credit_note_id, contact_id, currency, amount_minor, applied_on
)
SELECT
    %(account_id)s, %(application_id)s, credited.id, %(id)s, %(contact_id)s, %(currency)s, %(amount)s, %(today)s
FROM credited
