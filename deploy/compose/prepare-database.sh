#!/bin/sh
# Run by the PostgreSQL image when its folder is empty: the database, its owner, and the role of ordinary work.
# The owner is no superuser, so that not even migrations can read the machine's files.
set -eu
mkdir -p /backups/log /backups/base
psql --set=ON_ERROR_STOP=1 --username=postgres --dbname=postgres \
    --set=owner_password="$OWNER_PASSWORD" --set=app_password="$APP_PASSWORD" <<'SQL'
CREATE ROLE kalends LOGIN PASSWORD :'owner_password';
CREATE ROLE kalends_app LOGIN NOBYPASSRLS PASSWORD :'app_password';
GRANT kalends_app TO kalends WITH ADMIN OPTION;
CREATE DATABASE kalends OWNER kalends TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C';
SQL
