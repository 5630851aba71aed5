-- One row for each page view of a person: what was seen, from where, on which device.
SELECT
  e."@timestamp" AS viewed_at,
  e.view,
  e.visitor,
  e.page,
  regexp_extract(e."http.referrer", '^https?://([^/?#]+)', 1) AS came_from,
  e.sku,
  p.name AS product,
  p.department,
  -- Druid has no decimals.
  CAST(e.price AS DOUBLE) AS price,
  e.campaigns,
  coalesce(list_contains(e.campaigns, 'newsletter'), false) AS by_newsletter,
  e.app,
  e.device ->> '$.os' AS os,
  e.device,
  e.render_ms
FROM events e
LEFT JOIN products p ON p.sku = e.sku
WHERE (e.device ->> '$.bot') IS DISTINCT FROM 'true';
