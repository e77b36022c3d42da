INSERT INTO stripe_connection (
    account_id, sealed_key, sealed_signing, endpoint_ref, is_test, merchant, merchant_name, country, currency, methods,
    can_charge, can_pay_out, connected_at, connected_by, checked_at, events_to
)
VALUES (
    %(account_id)s, %(key)s, %(signing)s, %(endpoint)s, %(is_test)s, %(id)s, %(name)s, %(country)s, %(currency)s,
    %(methods)s::jsonb, %(can_charge)s, %(can_pay_out)s, %(now)s, %(actor)s, %(now)s, %(now)s
)
ON CONFLICT (account_id) DO UPDATE SET
    sealed_key = excluded.sealed_key,
    sealed_signing = excluded.sealed_signing,
    endpoint_ref = excluded.endpoint_ref,
    -- Of the merchant that was connected before, what was missed meanwhile is still asked for.
    events_to = CASE
        WHEN stripe_connection.merchant = excluded.merchant THEN stripe_connection.events_to ELSE excluded.events_to
    END,
    merchant = excluded.merchant,
    merchant_name = excluded.merchant_name,
    country = excluded.country,
    currency = excluded.currency,
    methods = excluded.methods,
    can_charge = excluded.can_charge,
    can_pay_out = excluded.can_pay_out,
    connected_at = excluded.connected_at,
    connected_by = excluded.connected_by,
    checked_at = excluded.checked_at
