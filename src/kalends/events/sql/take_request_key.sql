-- Two at the same moment: the second waits here until the first is done, and then finds the key taken.
INSERT INTO request (account_id, kind, key, asked, requested_at, actor)
VALUES (%(account_id)s, %(kind)s, %(key)s, %(asked)s, %(now)s, %(actor)s)
ON CONFLICT ON CONSTRAINT request_pkey DO NOTHING
