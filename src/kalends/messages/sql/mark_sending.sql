-- Mark and look at once: whoever unsubscribed before this statement gets no letter by it. A letter that was broken off
-- before may have arrived; its count of tries tells.
UPDATE message AS m
SET status = CASE WHEN refused.found THEN 'failed' ELSE 'sending' END,
    tries = m.tries + CASE WHEN refused.found THEN 0 ELSE 1 END,
    error = CASE WHEN refused.found THEN %(reason)s::text ELSE m.error END,
    next_try_at = NULL
FROM (
    SELECT EXISTS (
        SELECT FROM mail_refusal AS r WHERE r.account_id = %(account_id)s AND r.digest = %(digest)s::text
    ) AS found
) AS refused
WHERE m.account_id = %(account_id)s AND m.id = %(id)s AND m.status = 'queued'
RETURNING m.status
