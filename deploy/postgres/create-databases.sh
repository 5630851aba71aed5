#!/bin/sh
# Runs once, in a new volume: each system has a role of its own, which reaches its own databases only.
set -eu
# Druid takes a database in UTF-8 only.
psql --username postgres --no-psqlrc --set ON_ERROR_STOP=1 \
  --set druid_password="$(cat /run/secrets/druid-metadata-password)" \
  --set temporal_password="$(cat /run/secrets/temporal-database-password)" <<'SQL'
CREATE ROLE druid LOGIN PASSWORD :'druid_password';
CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';
CREATE DATABASE druid OWNER druid ENCODING 'UTF8' TEMPLATE template0;
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
REVOKE CONNECT ON DATABASE druid, temporal, temporal_visibility FROM PUBLIC;
SQL
