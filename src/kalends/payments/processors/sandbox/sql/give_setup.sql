-- What was given first stays: a second click changes nothing.
UPDATE sandbox_setup
SET token = %(token)s, method_kind = %(kind)s, last4 = %(last4)s, brand = %(brand)s, bank = %(bank)s,
    expires_on = %(expires_on)s, given_at = %(at)s
WHERE account_id = %(account)s AND reference = %(reference)s AND token IS NULL
