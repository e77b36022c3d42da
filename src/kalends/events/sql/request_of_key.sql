SELECT asked, requested_at, result FROM request
WHERE account_id = %(account_id)s AND kind = %(kind)s AND key = %(key)s
