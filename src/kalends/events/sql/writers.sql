SELECT l.objid::bigint
FROM pg_locks AS l
WHERE l.locktype = 'advisory'
    AND l.objsubid = 2
    AND l.classid::bigint IN (0, 4294967296 - mod(%(account_id)s::bigint, 2147483647))
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (%(own)s OR l.pid <> pg_backend_pid())
