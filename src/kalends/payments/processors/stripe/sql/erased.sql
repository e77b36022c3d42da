UPDATE stripe_erasure
SET done_at = CASE WHEN %(done)s THEN %(at)s::timestamptz END,
    tries = least(tries + 1, 1000),
    not_before = CASE
        WHEN NOT %(done)s
            THEN %(at)s::timestamptz + least(interval '1 minute' * 2 ^ least(tries, 9), interval '6 hours')
    END
WHERE account_id = %(account_id)s AND reference = %(reference)s AND done_at IS NULL
