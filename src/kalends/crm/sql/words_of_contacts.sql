-- The words by which a text speaks of these contacts, those of earlier days included. A first name alone is none.
WITH said AS (
    SELECT c.email, c.additional_emails, c.first_name, c.last_name, c.phone, c.mobile_phone, c.address
    FROM contact AS c
    WHERE c.account_id = %(account_id)s AND c.id = ANY(%(contacts)s::bigint[])
)
SELECT word FROM (
    SELECT unnest(ARRAY[
        email, phone, mobile_phone, address, first_name || ' ' || last_name, last_name || ' ' || first_name,
        last_name || ', ' || first_name
    ]) AS word
    FROM said
    UNION
    SELECT unnest(string_to_array(additional_emails, ';')) FROM said
    UNION
    SELECT former #>> '{}'
    FROM event AS e
    CROSS JOIN unnest(ARRAY['email', 'phone', 'mobile_phone', 'address']) AS name
    CROSS JOIN jsonb_array_elements(
        CASE WHEN jsonb_typeof(e.data #> ARRAY['changes', name]) = 'array' THEN e.data #> ARRAY['changes', name] ELSE '[]' END
    ) AS former
    WHERE e.account_id = %(account_id)s AND e.object_id = ANY(%(contacts)s::bigint[])
) AS found
WHERE word IS NOT NULL
