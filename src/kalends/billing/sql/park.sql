INSERT INTO parked_subscription (account_id, id, cycle, since, code, reason, remedy)
SELECT %(account_id)s, fresh.id, fresh.cycle, %(now)s, fresh.code, fresh.reason, fresh.remedy
FROM unnest(%(ids)s::bigint[], %(cycles)s::int[], %(codes)s::text[], %(reasons)s::text[], %(remedies)s::text[])
    AS fresh (id, cycle, code, reason, remedy)
ON CONFLICT (account_id, id) DO NOTHING
