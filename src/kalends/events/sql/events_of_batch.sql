-- What a batch tells, without what its app has switched off meanwhile.
SELECT s.id, s.event_type, s.object_type, s.change, s.property_name,
    e.id, e.at, e.kind, e.object_type, e.object_id, e.parent_id, e.actor, e.data::text
FROM webhook_delivery AS d
JOIN webhook_subscription AS s ON s.account_id = %(account_id)s AND s.id = d.subscription_id AND s.active
JOIN event AS e ON e.account_id = %(account_id)s AND e.id = d.event_id
WHERE d.account_id = %(account_id)s AND d.batch_id = %(batch)s
ORDER BY e.id, s.id
