"""The second half of a build: records of an hour without duplicates to rows in files."""

import os
import uuid
from typing import Any, Callable, Iterator

from daybreak_database import connect, require_libraries, single, value_failure


def write_parts(plan: dict[str, Any], locate: Callable[[str], str]) -> Callable[[int, Iterator[Any]], Iterator[Any]]:
    """A function from pairs of a partition's number and what belongs to it, to what the driver collects."""

    def run(pairs: Iterator[Any]) -> Iterator[Any]:
        require_libraries(plan)
        partitions: dict[int, list[Any]] = {}
        for partition, value in pairs:
            partitions.setdefault(partition, []).append(value)
        for result in partitions.pop(plan["partitions"], []):
            yield {"read": result}
        for partition, values in partitions.items():
            for part in PartWriter(plan, partition, locate).run(values):
                yield {"written": part}

    return run


class PartWriter:
    """Writes the records of one partition: some or all of an hour, or of all hours if identities span them."""

    def __init__(self, plan: dict[str, Any], partition: int, locate: Callable[[str], str]) -> None:
        self._plan = plan
        self._partition = partition
        self._connection = connect(plan, locate)

    def run(self, values: list[Any]) -> Iterator[dict[str, Any]]:
        import pyarrow as pa

        connection, plan = self._connection, self._plan
        connection.execute(plan["emptyPart"])
        counts: dict[str, int] = {}
        # In the order of the engine duckdb: an hour's own files first, then others; in each the lines one by one.
        values.sort(key=lambda value: value[:-1], reverse=True)
        while values:
            hour, *_, packed = values.pop()
            records = pa.ipc.open_stream(packed).read_all()
            connection.register("daybreak_records", records)
            connection.execute(plan["insertPart"], [hour])
            connection.unregister("daybreak_records")
            counts[hour] = counts.get(hour, 0) + records.num_rows
        connection.execute(plan["redundant"])
        for hour, records in counts.items():
            yield self._write(hour, records)
        connection.execute(plan["emptyPart"])

    def _write(self, hour: str, records: int) -> dict[str, Any]:
        connection, plan = self._connection, self._plan
        connection.execute(plan["events"].replace("$HOUR", f"'{hour}'"))
        [kept] = single(connection, "SELECT count(*) FROM events")
        # Two attempts of one task may run at the same time.
        path = os.path.join(plan["output"], f"part-{hour}-{self._partition}-{uuid.uuid4().hex}.ndjson")
        part = {"hour": hour, "partition": self._partition, "kept": kept, "duplicates": records - kept}
        try:
            connection.execute(plan["rows"])
            [written, unmatched, *wrong] = single(connection, plan["countRows"])
        except Exception as thrown:  # pylint: disable=broad-except
            failure = value_failure(plan, thrown)
            if failure is None or plan["check"]:
                raise
            return {**part, "failure": failure}
        connection.execute(plan["copyRows"].replace("$PATH", path.replace("'", "''")))
        figures = None if plan["figures"] is None else [str(value or 0) for value in single(connection, plan["figures"])]
        connection.execute("DROP TABLE daybreak.rows")
        with_rows = written if plan["countEvents"] is None else self._events_with_rows()
        counts = {"written": written, "unmatched": unmatched, "wrong": wrong, "withRows": with_rows}
        return {**part, "path": path, **counts, "figures": figures}

    def _events_with_rows(self) -> int:
        *statements, count = self._plan["countEvents"]
        for statement in statements:
            self._connection.execute(statement)
        return single(self._connection, count)[0]
