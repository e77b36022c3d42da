-- Whether there are books that were not proved for the night, and were not begun too often in it. A sandbox that stands
-- where it was proved last has nothing new.
SELECT
    (
        EXISTS (SELECT FROM subscription WHERE account_id = %(account_id)s)
        OR EXISTS (SELECT FROM invoice WHERE account_id = %(account_id)s)
    )
    AND NOT EXISTS (
        SELECT
        FROM (
            SELECT night, as_of
            FROM proof_made
            WHERE account_id = %(account_id)s AND night IS NOT NULL
            ORDER BY night DESC
            LIMIT 1
        ) AS last_night
        WHERE last_night.night >= %(night)s OR last_night.as_of = %(stands_at)s
    )
    AND %(tries)s > (
        SELECT count(*)
        FROM background_work
        WHERE account_id = %(account_id)s AND kind = %(kind)s AND began_at >= %(since)s
    )
