-- What was put aside, charges without an outcome, what was given up, and proofs of a night that nobody is at any more.
SELECT
    (SELECT count(*) FROM parked_subscription WHERE account_id = %(account_id)s),
    (SELECT count(*) FROM charge_attempt WHERE account_id = %(account_id)s AND status = 'intended'),
    (SELECT count(*) FROM charge_attempt WHERE account_id = %(account_id)s AND status = 'sent'),
    (SELECT min(intended_at) FROM charge_attempt WHERE account_id = %(account_id)s AND status = 'sent'),
    (SELECT count(*) FROM message WHERE account_id = %(account_id)s AND status = 'queued'),
    (SELECT count(*) FROM message WHERE account_id = %(account_id)s AND status = 'failed'),
    (SELECT count(*) FROM webhook_batch WHERE account_id = %(account_id)s AND status = 'failed'),
    (
        SELECT count(*)
        FROM background_work AS w
        WHERE w.account_id = %(account_id)s AND w.kind = %(proof)s
            AND NOT EXISTS (SELECT FROM locks_held() AS held WHERE held.key = w.id)
    )
