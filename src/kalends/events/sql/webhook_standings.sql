SELECT t.app_id, a.name, t.url,
    (SELECT count(*) FROM webhook_subscription AS s
        WHERE s.account_id = %(account_id)s AND s.app_id = t.app_id AND s.active),
    (SELECT count(*) FROM webhook_delivery AS d
        WHERE d.account_id = %(account_id)s AND d.app_id = t.app_id AND d.batch_id IS NULL),
    (SELECT count(*) FROM webhook_batch AS b
        WHERE b.account_id = %(account_id)s AND b.app_id = t.app_id AND b.status = 'waiting'),
    (SELECT count(*) FROM webhook_batch AS b
        WHERE b.account_id = %(account_id)s AND b.app_id = t.app_id AND b.status = 'failed'),
    t.failures
FROM webhook_target AS t
JOIN integration_app AS a ON a.account_id = %(account_id)s AND a.id = t.app_id AND a.revoked_at IS NULL
WHERE t.account_id = %(account_id)s
ORDER BY t.app_id
