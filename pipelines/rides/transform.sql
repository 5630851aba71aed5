-- What a ride costs, and where it began.
SELECT
  r.at,
  r.ride,
  z.name AS zone,
  b.name AS borough,
  r.shared,
  r.fare + coalesce(b.surcharge, CAST(0 AS DOUBLE)) AS price
FROM events r
LEFT JOIN zones z ON z.zone = r.zone
LEFT JOIN boroughs b ON b.id = z.borough
WHERE r.fare >= 0 OR r.fare IS NULL;
