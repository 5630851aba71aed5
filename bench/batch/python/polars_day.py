"""One lazy query of Polars: python polars_day.py INPUT_FOLDER TABLE OUTPUT"""
import sys

import polars as pl

folder, table, output = sys.argv[1:]
names = pl.scan_ndjson(table, schema={"uid": pl.Int64, "name": pl.String})
events = pl.scan_ndjson(f"{folder}/*.json", schema={"hello": pl.String, "id": pl.Int64, "time": pl.String})
(
    events.unique()
    .with_columns((pl.col("id") % 10).alias("key"))
    .join(names.with_columns(pl.col("uid").alias("key")), on="key", how="left")
    .select("time", pl.col("id").alias("user_id"), pl.col("name").alias("user_name"), "hello", "uid")
    .sink_ndjson(output)
)
