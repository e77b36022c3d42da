-- A customer who got money back before disputing a charge does not dispute it any more.
WITH appeased AS (
    UPDATE sandbox_charge AS charge
    SET disputed_at = NULL, dispute_fee_minor = 0, dispute_decided_at = NULL, dispute_won = NULL
    FROM unnest(%(keys)s::text[], %(instants)s::timestamptz[]) AS given (charge_key, at)
    WHERE charge.account_id = %(account)s AND charge.idempotency_key = given.charge_key AND charge.disputed_at > given.at
    RETURNING charge.idempotency_key
)
DELETE FROM sandbox_report
WHERE account_id = %(account)s
    AND charge_key IN (SELECT idempotency_key FROM appeased)
    AND kind IN ('charge.disputed', 'dispute.won', 'dispute.lost')
