-- The processes that told of themselves, those who were heard of last first.
SELECT id, kind, host, pid, version, only_account, started_at, seen_at, turned_at, signing_key, sealing_keys, files
FROM running_process
ORDER BY seen_at DESC, id
