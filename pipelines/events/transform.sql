SELECT e.time, e.id AS user_id, n.name AS user_name, e.hello, n.uid
FROM events e LEFT JOIN names n ON n.uid = e.id % 10
