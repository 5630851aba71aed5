"""Divides the memory of a build among the processes of a local master."""

import re
from typing import Any

LEAST_BYTES = 128 * 1024 * 1024
#: DuckDB takes up to so many times the bytes of the largest record.
BYTES_OF_RECORD = 128


def memory_of_process(plan: dict[str, Any], master: str, processors: int) -> int:
    """Bytes for the DuckDB of one Python process. On a cluster executors are given memory for each of theirs."""
    whole: int = plan["memoryBytes"]
    local = re.fullmatch(r"local(?:\[(\*|\d+)(?:,\s*\d+)?\])?", master)
    if local is None:
        return whole
    slots = processors if local[1] == "*" else int(local[1] or 1)
    return min(whole, max(whole // max(1, slots), LEAST_BYTES, BYTES_OF_RECORD * plan["maximumBytes"]))
