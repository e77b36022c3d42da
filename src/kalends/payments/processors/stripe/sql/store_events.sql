-- What is found in Stripe's own list did not reach us by itself: it counts as received when it happened.
INSERT INTO stripe_event (account_id, event_id, kind, object_type, object_id, happened_at, received_at)
SELECT
    %(account_id)s, told.event_id, told.kind, told.object_type, told.object_id, told.happened_at::timestamptz,
    coalesce(%(received_at)s, told.happened_at::timestamptz)
FROM unnest(
    %(events)s::text[], %(kinds)s::text[], %(types)s::text[], %(objects)s::text[], %(instants)s::text[]
) AS told (event_id, kind, object_type, object_id, happened_at)
ON CONFLICT (account_id, event_id) DO NOTHING
