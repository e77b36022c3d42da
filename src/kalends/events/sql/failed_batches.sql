SELECT b.id, b.app_id,
    (SELECT count(*) FROM webhook_delivery AS d WHERE d.account_id = %(account_id)s AND d.batch_id = b.id),
    b.tries, b.created_at, b.closed_at, b.answer, b.error
FROM webhook_batch AS b
WHERE b.account_id = %(account_id)s AND b.status = 'failed'
ORDER BY b.id DESC
LIMIT %(limit)s
