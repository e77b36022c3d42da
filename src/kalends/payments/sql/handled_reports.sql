UPDATE processor_event SET handled_at = %(now)s
WHERE account_id = %(account_id)s AND id = ANY(%(ids)s::bigint[])
