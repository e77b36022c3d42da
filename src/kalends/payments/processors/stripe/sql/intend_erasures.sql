INSERT INTO stripe_erasure (account_id, reference, asked_at)
SELECT %(account_id)s, reference, %(at)s
FROM unnest(%(references)s::text[]) AS given (reference)
ON CONFLICT (account_id, reference) DO NOTHING
