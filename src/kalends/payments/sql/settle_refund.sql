WITH answered AS (
    UPDATE refund
    SET status = %(status)s,
        sender = NULL,
        processor_ref = coalesce(%(reference)s, processor_ref),
        settles_on = coalesce(%(settles_on)s, settles_on),
        settled_at = coalesce(%(settled_at)s, settled_at),
        returned_at = coalesce(%(returned_at)s, returned_at),
        failure_code = %(code)s,
        failure_reason = %(failure)s
    WHERE account_id = %(account_id)s AND id = %(id)s
),
paid AS (
    UPDATE payment
    SET refunded_minor = refunded_minor + %(given_minor)s,
        status_updated_at = CASE WHEN status = %(payment_status)s THEN status_updated_at ELSE %(at)s END,
        status = %(payment_status)s,
        updated_at = %(now)s
    WHERE account_id = %(account_id)s AND id = %(payment_id)s
    RETURNING invoice_id, subscription_id
),
invoiced AS (
    UPDATE invoice AS i
    SET refunded_minor = i.refunded_minor + %(given_minor)s, updated_at = %(now)s
    FROM paid
    WHERE i.account_id = %(account_id)s AND i.id = paid.invoice_id AND %(given_minor)s <> 0
)
UPDATE subscription AS s
SET collected_minor = s.collected_minor - %(given_minor)s, updated_at = %(now)s
FROM paid
WHERE s.account_id = %(account_id)s AND s.id = paid.subscription_id AND %(given_minor)s <> 0
