-- After its subscription; a statement of its own, so that what is read next is read after any wait.
SELECT FROM payment WHERE account_id = %(account_id)s AND id = %(payment_id)s FOR UPDATE
