-- An account may do without letters to customers whose charge has failed.
INSERT INTO message (account_id, kind, object_id, occasion, recipient, contact_id, language, status, created_at)
SELECT
    %(account_id)s, letter.kind, letter.object, letter.occasion, contact.email, contact.id,
    coalesce(contact.language, account.language), %(status)s, %(at)s
FROM unnest(%(kinds)s::text[], %(objects)s::bigint[], %(contacts)s::bigint[], %(occasions)s::text[])
    AS letter (kind, object, contact, occasion)
JOIN account ON account.id = %(account_id)s
JOIN contact ON contact.account_id = %(account_id)s AND contact.id = letter.contact AND contact.email IS NOT NULL
WHERE letter.kind <> 'charge_failed' OR coalesce((account.settings ->> 'failed_payment_letters')::boolean, true)
ON CONFLICT ON CONSTRAINT message_sent_once DO NOTHING
