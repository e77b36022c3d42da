-- The same key opens the page that it opened before; its reference is drawn once, and not to be guessed.
INSERT INTO sandbox_setup AS setup (
    account_id, idempotency_key, reference, kinds, currency, return_url, cancel_url, language, metadata, created_at
)
VALUES (
    %(account)s, %(key)s, 'setup_' || %(account)s || '_' || replace(gen_random_uuid()::text, '-', ''), %(kinds)s,
    %(currency)s, %(return_url)s, %(cancel_url)s, %(language)s, %(metadata)s::jsonb, %(at)s
)
ON CONFLICT (account_id, idempotency_key) DO UPDATE SET reference = setup.reference
RETURNING reference
