DELETE FROM request
WHERE account_id = %(account_id)s
    AND (kind, key) IN (
        SELECT kind, key FROM request
        WHERE account_id = %(account_id)s AND requested_at < %(oldest)s
        ORDER BY requested_at
        LIMIT %(most)s
        FOR UPDATE SKIP LOCKED
    )
