-- A contact, and those that were merged into it, one after the other.
WITH RECURSIVE person (id) AS (
    SELECT id FROM contact WHERE account_id = %(account_id)s AND id = %(id)s
    UNION
    SELECT c.id
    FROM person AS p
    JOIN event AS e ON e.account_id = %(account_id)s AND e.object_id = p.id AND e.kind = 'contact.merged'
    JOIN contact AS c ON c.account_id = %(account_id)s AND c.id = (e.data ->> 'merged')::bigint
)
SELECT id FROM person ORDER BY id
