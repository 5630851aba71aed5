"""One statement of chDB: python chdb_day.py INPUT_FOLDER TABLE OUTPUT"""
import sys

import chdb

folder, table, output = sys.argv[1:]
chdb.query(f"""
INSERT INTO FUNCTION file('{output}', 'JSONEachRow')
SELECT e.time, e.id AS user_id, n.name AS user_name, e.hello, n.uid
FROM (SELECT DISTINCT * FROM file('{folder}/*.json', 'JSONEachRow', 'hello String, id Int64, time String')) AS e
LEFT JOIN file('{table}', 'JSONEachRow', 'uid Int64, name String') AS n ON n.uid = e.id % 10
SETTINGS output_format_json_quote_64bit_integers = 0, join_use_nulls = 1
""")
