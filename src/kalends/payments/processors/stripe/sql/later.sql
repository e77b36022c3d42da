UPDATE stripe_event
SET tries = least(tries + 1, 1000),
    not_before = %(at)s::timestamptz + least(interval '1 minute' * 2 ^ least(tries, 9), interval '6 hours')
WHERE account_id = %(account_id)s AND event_id = %(event_id)s AND NOT is_handled
