-- The database server, this database, and how many connections there are and may be.
SELECT
    current_setting('server_version'),
    current_database()::text,
    pg_database_size(current_database()),
    (SELECT numbackends FROM pg_stat_database WHERE datname = current_database()),
    current_setting('max_connections')::int
