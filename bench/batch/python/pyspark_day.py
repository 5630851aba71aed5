"""Spark SQL on local[2]: python pyspark_day.py INPUT_FOLDER TABLE OUTPUT"""
import sys

from pyspark.sql import SparkSession

folder, table, output = sys.argv[1:]
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.memory", "4g")
    .config("spark.sql.shuffle.partitions", "8")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")
spark.read.schema("hello STRING, id BIGINT, time STRING").json(f"{folder}/*.json").createOrReplaceTempView("events")
spark.read.schema("uid BIGINT, name STRING").json(table).createOrReplaceTempView("names")
spark.sql("""
SELECT e.time, e.id AS user_id, n.name AS user_name, e.hello, n.uid
FROM (SELECT DISTINCT * FROM events) e LEFT JOIN names n ON n.uid = e.id % 10
""").write.mode("overwrite").option("ignoreNullFields", "false").json(output)
spark.stop()
