#!/bin/sh
# Brings both of Temporal's databases to the schema of this image, at the first start and after an upgrade. deploy/postgres
# made them; the password is in SQL_PASSWORD.
set -eu
schema=/etc/temporal/schema/postgresql/v12
for part in temporal:temporal temporal_visibility:visibility; do
  tool="temporal-sql-tool --plugin postgres12 --ep postgres -p 5432 -u temporal --db ${part%%:*}"
  # Where there is a schema already, its version stays.
  $tool setup-schema -v 0.0
  $tool update-schema -d "$schema/${part##*:}/versioned"
done
