-- A process says that it lives; those of whom nobody heard for long are forgotten.
WITH gone AS (
    DELETE FROM running_process WHERE seen_at < %(forgotten)s AND id <> %(id)s
)
INSERT INTO running_process AS p (
    id, kind, host, pid, version, only_account, started_at, seen_at, turned_at, signing_key, sealing_keys, files
)
VALUES (
    %(id)s, %(kind)s, %(host)s, %(pid)s, %(version)s, %(only)s, %(started_at)s, %(seen_at)s, %(turned_at)s,
    %(signing_key)s, %(sealing_keys)s, %(files)s
)
ON CONFLICT (id) DO UPDATE SET
    pid = EXCLUDED.pid,
    version = EXCLUDED.version,
    started_at = EXCLUDED.started_at,
    seen_at = EXCLUDED.seen_at,
    turned_at = coalesce(EXCLUDED.turned_at, p.turned_at),
    signing_key = EXCLUDED.signing_key,
    sealing_keys = EXCLUDED.sealing_keys,
    files = EXCLUDED.files
