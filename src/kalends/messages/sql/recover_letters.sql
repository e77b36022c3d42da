-- Being sent, and nobody holds the letter's lock: whoever sent it is gone, and it is not known whether it was taken.
UPDATE message AS m
SET status = CASE WHEN m.tries >= %(tries_max)s THEN 'failed' ELSE 'queued' END, error = %(reason)s
WHERE m.account_id = %(account_id)s
    AND m.status = 'sending'
    AND NOT EXISTS (SELECT FROM locks_held() AS held WHERE held.key = m.id)
RETURNING m.status
