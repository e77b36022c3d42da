-- The method ends once; what is charged by it is told with its status.
WITH ended AS (
    UPDATE payment_method
    SET ended_at = %(at)s
    WHERE account_id = %(account_id)s AND processor = %(processor)s AND token = %(token)s AND ended_at IS NULL
    RETURNING id
)
SELECT s.id, s.status, ended.id
FROM ended
JOIN subscription AS s ON s.account_id = %(account_id)s AND s.payment_method_id = ended.id AND s.archived_at IS NULL
ORDER BY s.id
