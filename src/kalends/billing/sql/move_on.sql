-- The subscriptions of a block go on to their next cycle, if each still stands where it was read.
UPDATE subscription AS s
SET next_cycle = moved.cycle + 1,
    next_due_date = moved.next_due,
    next_amount_minor = moved.next_amount,
    status = moved.status,
    updated_at = %(now)s
FROM ROWS FROM (unnest(
    %(ids)s::bigint[], %(cycles)s::int[], %(statuses)s::text[], %(next_dues)s::date[], %(next_amounts)s::bigint[]
), string_to_table('', '')) AS moved (id, cycle, status, next_due, next_amount, many)
WHERE s.account_id = %(account_id)s AND s.id = ANY(%(ids)s::bigint[])
    AND s.id = moved.id
    AND s.next_cycle = moved.cycle
