SELECT erase_from_journal(%(contacts)s::bigint[], %(columns)s::text[], %(words)s::text[])
