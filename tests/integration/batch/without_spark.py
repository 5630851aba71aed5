"""Does Spark's part of a build in this process: python without_spark.py FOLDER_OF_THE_ENGINE REQUESTS ANSWERS

Each line of the pipe REQUESTS has the paths of a plan and of its result. Each gets a line, an exit code, on ANSWERS.
"""

import json
import pickle
import random
import sys
import traceback
from pathlib import Path


class Records:
    """A collection in partitions, whose tasks run in any order, some of them twice."""

    def __init__(self, partitions):
        self._partitions = partitions

    def mapPartitions(self, work):
        done = {}
        numbers = list(range(len(self._partitions)))
        for number in random.sample(numbers, len(numbers)) + random.sample(numbers, len(numbers) // 2):
            done[number] = pickle.loads(pickle.dumps(list(work(iter(self._partitions[number])))))
        return Records([done[number] for number in numbers])

    def partitionBy(self, count, number_of):
        partitions = [[] for _ in range(count)]
        for pair in self.collect():
            partitions[number_of(pair[0]) % count].append(pair)
        for pairs in partitions:
            random.shuffle(pairs)
        return Records(partitions)

    def collect(self):
        return [one for partition in self._partitions for one in partition]


class Context:
    defaultParallelism = 3

    def parallelize(self, items, count):
        return Records([items[number::count] for number in range(count)])


def main(engine, requests, answers):
    sys.path.insert(0, engine)
    import day_build

    class Files:
        @staticmethod
        def get(name):
            return str(folder / name)

    day_build.SparkFiles = Files
    while True:
        for line in open(requests, encoding="utf-8"):
            plan, result = line.rstrip("\n").split("\t")
            folder = Path(plan).parent
            code = 0
            try:
                try:
                    found = day_build.build(Context(), json.loads(Path(plan).read_text(encoding="utf-8")))
                except Exception as thrown:
                    traceback.print_exc()
                    found = {"failure": day_build.failure_in(str(thrown))}
                Path(result).write_text(json.dumps(found), encoding="utf-8")
            except Exception:
                traceback.print_exc()
                code = 1
            with open(answers, "w", encoding="utf-8") as answer:
                answer.write(f"{code}\n")


main(*sys.argv[1:])
