INSERT INTO stripe_call (account_id, idempotency_key, kind, of, sent_at)
VALUES (%(account_id)s, %(key)s, %(kind)s, %(of)s, %(at)s)
ON CONFLICT (account_id, idempotency_key) DO NOTHING
