-- Being sent, and nobody holds the slot's lock: whoever sent it is gone, and it is not known whether it was taken.
UPDATE webhook_batch AS b
SET status = CASE WHEN b.tries >= %(tries_max)s THEN 'failed' ELSE 'waiting' END,
    closed_at = CASE WHEN b.tries >= %(tries_max)s THEN %(now)s::timestamptz END,
    next_try_at = CASE WHEN b.tries >= %(tries_max)s THEN NULL ELSE %(now)s::timestamptz END,
    slot = NULL,
    error = %(reason)s
WHERE b.account_id = %(account_id)s
    AND b.app_id = %(app_id)s
    AND b.status = 'sending'
    AND NOT EXISTS (
        SELECT FROM locks_held() AS held
        WHERE held.key = hashtextextended(format('webhooks %%s/%%s/%%s', b.account_id, b.app_id, b.slot), 0)
    )
RETURNING b.id, b.status
