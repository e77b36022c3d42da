-- Another batch of this app that was given up since the app has last taken one.
SELECT b.id
FROM webhook_batch AS b
WHERE b.account_id = %(account_id)s
    AND b.app_id = %(app_id)s
    AND b.status = 'failed'
    AND b.id <> ALL (%(batches)s::bigint[])
    AND NOT EXISTS (
        SELECT FROM webhook_batch AS taken
        WHERE taken.account_id = %(account_id)s
            AND taken.app_id = %(app_id)s
            AND taken.status = 'delivered'
            AND taken.closed_at > b.closed_at
    )
LIMIT 1
