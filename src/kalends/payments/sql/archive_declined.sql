-- Declined while the buyer looked on: no failed payment is left in anybody's list.
UPDATE payment SET archived_at = %(now)s WHERE account_id = %(account_id)s AND id = ANY(%(ids)s::bigint[])
