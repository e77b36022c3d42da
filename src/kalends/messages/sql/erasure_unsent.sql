DELETE FROM message
WHERE account_id = %(account_id)s AND contact_id = ANY(%(contacts)s::bigint[]) AND status IN ('queued', 'sending')
