WITH untied AS (
    DELETE FROM association
    WHERE account_id = %(account_id)s
        AND (
            from_type = 'contact' AND from_id = ANY(%(contacts)s::bigint[])
            OR to_type = 'contact' AND to_id = ANY(%(contacts)s::bigint[])
        )
)
DELETE FROM contact WHERE account_id = %(account_id)s AND id = ANY(%(contacts)s::bigint[])
