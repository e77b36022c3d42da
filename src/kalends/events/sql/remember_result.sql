UPDATE request SET result = %(result)s WHERE account_id = %(account_id)s AND kind = %(kind)s AND key = %(key)s
