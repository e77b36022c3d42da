WITH unlinked AS (
    UPDATE invoice SET subscription_id = NULL WHERE account_id = %(account_id)s AND subscription_id = %(id)s
),
unpaid AS (
    UPDATE payment SET subscription_id = NULL WHERE account_id = %(account_id)s AND subscription_id = %(id)s
),
lines AS (
    DELETE FROM line_item
    WHERE account_id = %(account_id)s AND parent_id = %(id)s AND parent_type = 'subscription'
),
ties AS (
    DELETE FROM association
    WHERE account_id = %(account_id)s
        AND ((from_type = 'subscription' AND from_id = %(id)s) OR (to_type = 'subscription' AND to_id = %(id)s))
),
parked AS (
    DELETE FROM parked_subscription WHERE account_id = %(account_id)s AND id = %(id)s
)
DELETE FROM subscription WHERE account_id = %(account_id)s AND id = %(id)s
