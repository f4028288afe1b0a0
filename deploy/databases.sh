#!/bin/sh
# Run once by the database's container on an empty volume: the two logins and their databases.
set -eu
psql -v ON_ERROR_STOP=1 -U postgres -v password="$POSTGRES_PASSWORD" <<'SQL'
CREATE ROLE sendflow LOGIN NOINHERIT CREATEROLE PASSWORD :'password';
CREATE DATABASE sendflow OWNER sendflow;
CREATE ROLE prefect LOGIN PASSWORD :'password';
CREATE DATABASE prefect OWNER prefect;
SQL
