SELECT i.subscription_id, i.total_minor
FROM unnest(%(subscriptions)s::bigint[], %(cycles)s::int[]) AS asked (subscription_id, cycle)
JOIN invoice AS i
    ON i.account_id = %(account_id)s
    AND i.subscription_id = asked.subscription_id
    AND i.cycle = asked.cycle
    AND i.reason = 'cycle'
