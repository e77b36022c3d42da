-- What stands beside the properties of subscriptions in a list: the customer, the method, the oldest arrears.
SELECT
    s.id,
    coalesce(nullif(co.name, ''), nullif(concat_ws(' ', c.first_name, c.last_name), ''), c.email, ''),
    s.collection,
    s.net_terms_days,
    s.next_cycle,
    s.resume_on,
    pm.kind,
    pm.brand,
    pm.last4,
    (
        SELECT min(i.due_date)
        FROM invoice AS i
        WHERE
            i.account_id = %(account_id)s AND i.subscription_id = s.id
            AND i.status = 'open' AND i.archived_at IS NULL AND s.status IN ('past_due', 'unpaid')
    )
FROM subscription AS s
LEFT JOIN contact AS c ON c.account_id = %(account_id)s AND c.id = s.contact_id
LEFT JOIN company AS co ON co.account_id = %(account_id)s AND co.id = s.company_id
LEFT JOIN payment_method AS pm ON pm.account_id = %(account_id)s AND pm.id = s.payment_method_id
WHERE s.account_id = %(account_id)s AND s.id = ANY(%(ids)s)
