UPDATE stripe_connection
SET merchant_name = %(name)s,
    country = %(country)s,
    currency = %(currency)s,
    methods = %(methods)s::jsonb,
    can_charge = %(can_charge)s,
    can_pay_out = %(can_pay_out)s,
    checked_at = %(now)s
WHERE account_id = %(account_id)s AND merchant = %(id)s
