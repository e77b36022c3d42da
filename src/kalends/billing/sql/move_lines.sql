-- From and until which cycle lines bill, counted anew. The first cycle of all stays the first.
UPDATE line_item
SET
    from_cycle = CASE WHEN from_cycle = 0 THEN 0 ELSE greatest(0, from_cycle + %(by)s) END,
    until_cycle = CASE WHEN until_cycle IS NOT NULL THEN greatest(0, until_cycle + %(by)s) END
WHERE account_id = %(account_id)s AND parent_id = %(id)s AND (from_cycle > 0 OR until_cycle IS NOT NULL)
