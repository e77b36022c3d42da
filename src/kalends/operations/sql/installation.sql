-- The database server, this database, how many connections there are and may be, and since when an archive has taken
-- nothing of the server's log that it was handed.
SELECT
    current_setting('server_version'),
    current_database()::text,
    pg_database_size(current_database()),
    (SELECT numbackends FROM pg_stat_database WHERE datname = current_database()),
    current_setting('max_connections')::int,
    (
        SELECT CASE WHEN last_failed_time > coalesce(last_archived_time, '-infinity')
            THEN coalesce(last_archived_time, stats_reset) END
        FROM pg_stat_archiver
    )
