"""Builds the hours of a day on Spark: spark-submit day_build.py PLAN RESULT, both JSON files.

The plan comes from engines/spark/build-hours.ts, which also reads the result. The plan holds no secret.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark import SparkConf, SparkContext, SparkFiles

from daybreak_memory import memory_of_process

MODULES = ("files", "lines", "database", "read", "write", "webhdfs")


def main(plan_file: str, result_file: str) -> None:
    plan = json.loads(Path(plan_file).read_text(encoding="utf-8"))
    context = SparkContext(conf=SparkConf())
    # Spark's own count of the processors for local[*].
    processors = context._jvm.java.lang.Runtime.getRuntime().availableProcessors()  # pylint: disable=protected-access
    plan["memoryBytes"] = memory_of_process(plan, context.master, processors)
    for module in MODULES:
        context.addPyFile(str(Path(__file__).with_name(f"daybreak_{module}.py")))
    for table in plan["tables"]:
        context.addFile(str(Path(plan_file).with_name(table["file"])))
    try:
        result = build(context, plan)
    except Py4JJavaError as thrown:
        print(thrown, file=sys.stderr)
        result = {"failure": failure_in(str(thrown))}
    finally:
        context.stop()
    Path(result_file).write_text(json.dumps(result), encoding="utf-8")


def build(context: SparkContext, plan: dict[str, Any]) -> dict[str, Any]:
    """Runs the plan; once more, with a check of each record, if the transform fails on one."""
    found = run(context, plan)
    if any("failure" in part for part in found["written"]):
        found = run(context, {**plan, "id": f"{plan['id']}-checked", "check": True})
    return found


def run(context: SparkContext, plan: dict[str, Any]) -> dict[str, Any]:
    from daybreak_read import read_items
    from daybreak_write import write_parts

    items = plan["items"]
    shared = {name: value for name, value in plan.items() if name != "items"}
    # Small hours share a task. Which ones do makes no difference to what is built.
    tasks = max(context.defaultParallelism, plan["tasks"])
    records = (
        context.parallelize(items, max(1, min(len(items), tasks)))
        .mapPartitions(read_items(shared, SparkFiles.get))
        .partitionBy(min(plan["partitions"] + 1, tasks), int)
    )
    found = records.mapPartitions(write_parts(shared, SparkFiles.get)).collect()
    return {name: [one[name] for one in found if name in one] for name in ("read", "written")}


def failure_in(text: str) -> dict[str, Any]:
    """What the task said for which Spark gave up."""
    if found := re.search(r"DaybreakFault (\{.*?\}) DaybreakFault", text):
        return json.loads(found[1])
    thrown = re.search(r"PythonException: .*?\n(\w\S*: .*)", text, re.DOTALL)
    lost = re.search(r"Job aborted due to stage failure: (.*)", text)
    return {"kind": "task", "reason": next((found[1] for found in (thrown, lost) if found), text).split("\n")[0]}


if __name__ == "__main__":
    main(*sys.argv[1:])
