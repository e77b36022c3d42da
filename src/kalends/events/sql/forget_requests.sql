UPDATE request
SET asked = '{"erased": true}', result = without_words(result, %(words)s::text[])
WHERE account_id = %(account_id)s
    AND (
        asked ->> 'contact_id' = ANY(%(contacts)s::bigint[]::text[])
        OR asked::text ~* pattern_of_words(%(words)s::text[])
        OR result::text ~* pattern_of_words(%(words)s::text[])
    )
