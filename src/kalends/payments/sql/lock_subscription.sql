-- A statement of its own, so that what is read next is read after any wait: of two who came at the same moment, the
-- second sees what the first has done.
SELECT FROM subscription WHERE account_id = %(account_id)s AND id = %(id)s FOR UPDATE
