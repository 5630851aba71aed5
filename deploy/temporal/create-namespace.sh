#!/bin/sh
# Makes the namespace and the search attributes that Daybreak's workflows set; what is there already stays as it is.
# tests/deploy compares the names with those in scripts/stack/servers/temporal.ts.
set -eu
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$TEMPORAL_RETENTION"
# The server learns of a new namespace within seconds.
for try in 1 2 3 4 5 6 7 8 9 10; do
  present=$(temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE") && break
  [ "$try" != 10 ] || exit 1
  sleep 3
done
for name in DaybreakPipeline DaybreakDate DaybreakOutcome; do
  echo "$present" | grep -qw "$name" ||
    temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$name" --type Keyword
done
