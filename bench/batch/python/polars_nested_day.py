"""One lazy query of Polars over the day of nested events: python polars_nested_day.py INPUT_FOLDER PIPELINE_FOLDER OUTPUT"""
import sys

import polars as pl

folder, pipeline, output = sys.argv[1:]
products = pl.scan_csv(f"{pipeline}/products/2026-10-01.csv")
events = pl.scan_ndjson(
    f"{folder}/*/*.ndjson",
    schema={
        "@timestamp": pl.String,
        "event": pl.Struct({"id": pl.String}),
        "user": pl.Struct({"id": pl.Int64}),
        "page": pl.Struct({"path": pl.String}),
        "http.referrer": pl.String,
        "items": pl.List(pl.Struct({"sku": pl.String, "price": pl.Float64})),
        "campaigns": pl.List(pl.String),
        "app": pl.String,
        "device": pl.Struct({"os": pl.String, "width": pl.Int64, "bot": pl.Boolean}),
        "render_ms": pl.Int64,
    },
)
first = pl.col("items").list.first()
device = pl.col("device").struct
(
    events.unique(subset=["@timestamp", "event"])
    .filter(device.field("bot").ne_missing(True))
    .with_columns(first.struct.field("sku").alias("sku"), first.struct.field("price").alias("price"))
    .join(products, on="sku", how="left")
    .select(
        pl.col("@timestamp").alias("viewed_at"),
        pl.col("event").struct.field("id").alias("view"),
        pl.col("user").struct.field("id").alias("visitor"),
        pl.col("page").struct.field("path").alias("page"),
        pl.col("http.referrer").str.extract("^https?://([^/?#]+)").alias("came_from"),
        "sku",
        pl.col("name").alias("product"),
        "department",
        "price",
        "campaigns",
        pl.col("campaigns").list.contains("newsletter").alias("by_newsletter"),
        "app",
        device.field("os").alias("os"),
        "device",
        "render_ms",
    )
    .sink_ndjson(output)
)
