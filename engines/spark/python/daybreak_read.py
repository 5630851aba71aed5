"""The first half of a build: from files to valid records, which Spark hands to the tasks of their hours."""

import json
import os
import uuid
from collections import Counter
from typing import Any, Callable, Iterator

from daybreak_database import connect, require_libraries, single, value_failure
from daybreak_files import Fault, Odd, SplitContent, hashes_of
from daybreak_lines import Chunk, ChunkBuilder


def read_items(plan: dict[str, Any], locate: Callable[[str], str]) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """
    A function from work items to pairs of a partition's number and what its task gets. The last partition gets what
    was found in each item.
    """

    def run(items: Iterator[Any]) -> Iterator[Any]:
        require_libraries(plan)
        for item in items:
            reader = ItemReader(plan, item, locate)
            yield from reader.run()
            yield plan["partitions"], reader.result()

    return run


class ItemReader:
    """Reads one work item: splits of the files of one source hour, or all splits of a file for hashes alone."""

    def __init__(self, plan: dict[str, Any], item: dict[str, Any], locate: Callable[[str], str]) -> None:
        self._plan = plan
        self._item = item
        self._connection = connect(plan, locate)
        self._source = plan["sources"][item["source"]]
        self._lines = [0] * len(item["splits"])
        #: The hash of each split that is a part of a file.
        self._parts = [""] * len(item["splits"])
        #: Lines by kind: blank, outside the day, bad, or the hour of the day to which a misplaced record belongs.
        self._notes: Counter[str] = Counter()
        #: Of a neighbouring hour: its records of the day, and the sum of their hashes.
        self._records = 0
        self._digest = 0
        self._hashes: dict[int, str] = {}
        self._odd: list[int] = []
        self._failing = 0
        self._chunks = 0
        self._bad: Any = None
        self._bad_path: str | None = None

    def run(self) -> Iterator[Any]:
        if self._item["isHash"]:
            splits = self._item["splits"]
            file = splits[0]["file"]
            self._hashes[file["number"]], self._parts = hashes_of(file, [split["start"] for split in splits])
            return
        builder = ChunkBuilder(self._plan["maximumBytes"])
        try:
            for number, split in enumerate(self._item["splits"]):
                yield from self._read(number, split, builder)
            for chunk in builder.rest():
                yield from self._stage(chunk)
        finally:
            if self._bad is not None:
                self._bad.close()

    def result(self) -> dict[str, Any]:
        return {
            "item": self._item["number"],
            "lines": self._lines,
            "notes": dict(self._notes),
            "neighbour": {"records": self._records, "digest": str(self._digest)},
            "hashes": self._hashes,
            "parts": self._parts,
            "odd": self._odd,
            "bad": self._bad_path,
        }

    def _read(self, number: int, split: dict[str, Any], builder: ChunkBuilder) -> Iterator[Any]:
        file = split["file"]
        content = SplitContent(file, split["start"], split["end"])
        try:
            for chunk in builder.add(number, content.blocks()):
                yield from self._stage(chunk)
        except Odd:
            # Nothing of this attempt will be used, so that the lines that were already read do no harm.
            self._odd.append(file["number"])
        if content.sha256 is not None:
            self._hashes[file["number"]] = content.sha256
        self._parts[number] = content.part

    def _stage(self, chunk: Chunk) -> Iterator[Any]:
        connection, plan = self._connection, self._plan
        connection.execute(plan["emptyStage"])
        for text in chunk.parts():
            connection.execute(self._source["stage"], [text])
        [staged] = single(connection, plan["countStaged"])
        if staged != chunk.lines:
            raise ValueError(f"DuckDB counted {staged} lines, not {chunk.lines}")
        if not self._source["isOwn"]:
            records, digest = single(connection, plan["neighbourContent"])
            self._records += records
            self._digest += int(digest)
        for span in chunk.spans:
            self._lines[span.split] += span.lines
        # Nothing else shows that the transform fails on a record of an hour that is read and not written.
        failing = self._reject_failing(chunk) if plan["check"] or self._source["check"] else {}
        notes = dict(connection.execute(plan["countNotes"]).fetchall())
        self._notes.update(notes)
        if plan["fault"] in notes:
            self._keep_bad(chunk, failing)
        yield from self._targets(is_plain=not notes)
        self._chunks += 1

    def _keep_bad(self, chunk: Chunk, failing: dict[int, str]) -> None:
        if self._bad is None:
            # Two attempts of one task may run at the same time.
            self._bad_path = os.path.join(self._plan["output"], f"bad-{uuid.uuid4().hex}.ndjson")
            self._bad = open(self._bad_path, "x", encoding="utf-8")
        for row, note in self._connection.execute(self._plan["faults"]).fetchall():
            split, line = chunk.place_of(row)
            kept = {"failure": failing[row], "text": chunk.line(row)} if row in failing else {"note": note}
            record = {"split": split, "line": line, **chunk.unreadable.get(row, kept)}
            self._bad.write(json.dumps(record) + "\n")

    def _targets(self, is_plain: bool) -> Iterator[Any]:
        """The good records of the staged lines, by partition."""
        plan, source = self._plan, self._source
        hour, partitions = source["hour"], plan["partitionsOf"]
        if is_plain and source["isOwn"] and plan["buckets"] == 1:
            if hour in partitions:
                table = self._connection.execute(plan["stagedRecords"]).to_arrow_table()
                yield partitions[hour][0], self._part(hour, table)
            return
        sql = plan["targets"].replace("$HOUR", f"'{hour}'")
        for target, bucket, rows in slices_of(self._connection.execute(sql).to_arrow_table()):
            yield partitions[target][bucket], self._part(target, rows)

    def _part(self, hour: str, rows: Any) -> tuple[Any, ...]:
        """Records with what puts them in the order of the engine duckdb."""
        source = self._source
        is_misplaced = not source["isOwn"] or hour != source["hour"]
        return hour, is_misplaced, source["rank"], self._item["number"], self._chunks, packed(rows)

    def _reject_failing(self, chunk: Chunk) -> dict[int, str]:
        """Notes the records on which the transform fails as bad. Gives DuckDB's messages by row."""
        found: dict[int, str] = {}
        self._search(0, chunk.lines - 1, found)
        for row in found:
            self._connection.execute(self._plan["reject"], [row])
        return found

    def _search(self, first: int, last: int, found: dict[int, str]) -> None:
        connection, plan = self._connection, self._plan
        bounds = {"$FIRST": str(first), "$LAST": str(last)}
        connection.execute(bound(plan["candidates"], bounds))
        try:
            connection.execute(plan["checkRows"])
            return
        except Exception as thrown:  # pylint: disable=broad-except
            failure = value_failure(plan, thrown)
            if failure is None:
                raise
        first, last = single(connection, bound(plan["candidateBounds"], bounds))
        # SQL that fails on a row of a table may fail without any record.
        if first is None:
            return
        if first < last:
            middle = (first + last) // 2
            self._search(first, middle, found)
            self._search(middle + 1, last, found)
            return
        self._failing += 1
        if self._failing > plan["mostFailing"]:
            raise Fault("failing", failure=failure)
        found[first] = failure


def bound(sql: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        sql = sql.replace(name, value)
    return sql


def slices_of(table: Any) -> Iterator[tuple[str, int, Any]]:
    """The rows of each hour and bucket, by which the table is sorted, without these two columns."""
    names = ["daybreak_hour", "daybreak_bucket"]
    rows = table.drop_columns(names)
    start = 0
    for group in table.group_by(names, use_threads=False).aggregate([([], "count_all")]).to_pylist():
        yield group["daybreak_hour"], group["daybreak_bucket"], rows.slice(start, group["count_all"])
        start += group["count_all"]


def packed(table: Any) -> bytes:
    """Rows as one value for Spark, which would take each row apart otherwise."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()
