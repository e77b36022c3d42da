-- What was put aside, charges without an outcome, and what was given up.
SELECT
    (SELECT count(*) FROM parked_subscription WHERE account_id = %(account_id)s),
    (SELECT count(*) FROM charge_attempt WHERE account_id = %(account_id)s AND status = 'intended'),
    (SELECT count(*) FROM charge_attempt WHERE account_id = %(account_id)s AND status = 'sent'),
    (SELECT min(intended_at) FROM charge_attempt WHERE account_id = %(account_id)s AND status = 'sent'),
    (SELECT count(*) FROM message WHERE account_id = %(account_id)s AND status = 'queued'),
    (SELECT count(*) FROM message WHERE account_id = %(account_id)s AND status = 'failed'),
    (SELECT count(*) FROM webhook_batch WHERE account_id = %(account_id)s AND status = 'failed')
