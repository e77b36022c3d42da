-- One call at a time counts the tries of a token. Sorted, so that two calls never wait for each other in a ring.
SELECT pg_advisory_xact_lock(hashtextextended(token, %(account)s))
FROM (SELECT DISTINCT token FROM unnest(%(tokens)s::text[]) AS token ORDER BY token) AS sorted
