INSERT INTO processor_event (account_id, processor, event_id, received_at, payload)
SELECT %(account_id)s, %(processor)s, report.event_id, %(now)s, report.payload::jsonb
FROM unnest(%(events)s::text[], %(payloads)s::text[]) AS report (event_id, payload)
ON CONFLICT ON CONSTRAINT processor_event_once DO NOTHING
