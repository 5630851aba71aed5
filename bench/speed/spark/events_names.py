"""The example pipeline as Spark Structured Streaming, at least once: Spark's Kafka sink knows no transactions.

python events_names.py <brokers> <input> <output> <checkpoint folder> <names.ndjson> <jars, comma separated>
"""

import sys

from pyspark.sql import SparkSession
from pyspark.sql.functions import broadcast

brokers, source, sink, checkpoint, names_file, jars = sys.argv[1:]

spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.jars", jars)
    .config("spark.ui.enabled", "false")
    .config("spark.sql.shuffle.partitions", "2")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")
names = spark.read.schema("uid BIGINT, name STRING").json(names_file)
events = (
    spark.readStream.format("kafka")
    .option("kafka.bootstrap.servers", brokers)
    .option("subscribe", source)
    .option("startingOffsets", "earliest")
    .load()
    .selectExpr("from_json(CAST(value AS STRING), 'hello STRING, id BIGINT, time STRING') AS e")
    .select("e.*")
)
rows = events.join(broadcast(names), events.id % 10 == names.uid, "left_outer").selectExpr(
    "CAST(id AS STRING) AS key",
    "to_json(named_struct('time', time, 'user_id', id, 'user_name', name, 'hello', hello, 'uid', uid),"
    " map('ignoreNullFields', 'false')) AS value",
)
(
    rows.writeStream.format("kafka")
    .option("kafka.bootstrap.servers", brokers)
    .option("topic", sink)
    .option("checkpointLocation", checkpoint)
    .option("kafka.compression.type", "gzip")
    .option("kafka.compression.gzip.level", "1")
    .option("kafka.linger.ms", "20")
    .option("kafka.batch.size", "262144")
    .start()
    .awaitTermination()
)
