-- Chosen once, and then deleted: as a plain subquery the choice may be made anew for every row that is compared with it.
WITH chosen AS MATERIALIZED (
    SELECT kind, key FROM request
    WHERE account_id = %(account_id)s AND requested_at < %(oldest)s
    ORDER BY requested_at
    LIMIT %(most)s
    FOR UPDATE SKIP LOCKED
)

DELETE FROM request AS r
USING chosen
WHERE r.account_id = %(account_id)s AND r.kind = chosen.kind AND r.key = chosen.key
