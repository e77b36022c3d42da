UPDATE checkout_charge
SET status = %(status)s, answered_at = %(now)s, processor_ref = coalesce(%(reference)s, processor_ref),
    fee_minor = %(fee)s, action_url = %(action_url)s, failure_code = %(code)s, failure_reason = %(reason)s, sender = NULL
WHERE account_id = %(account_id)s AND checkout_id = %(checkout_id)s AND attempt = %(attempt)s
