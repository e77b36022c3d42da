WITH no_retries AS (
    UPDATE payment SET next_retry_on = NULL, updated_at = %(now)s
    WHERE account_id = %(account_id)s AND invoice_id = %(id)s AND next_retry_on IS NOT NULL
)
UPDATE invoice SET status = 'voided', updated_at = %(now)s WHERE account_id = %(account_id)s AND id = %(id)s
