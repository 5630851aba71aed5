"""The DuckDB of a task: the same settings, tables and locks as in engines/duckdb/database.ts."""

import os
import re
import tempfile
from typing import Any, Callable

from daybreak_files import Fault

#: One for each Python process: tables can be large.
_opened: dict[str, Any] = {}


def require_libraries(plan: dict[str, Any]) -> None:
    """Raises Fault if this Python lacks a library that tasks need."""
    import platform

    wanted = plan["libraries"]
    found: dict[str, str] = {}
    try:
        import duckdb

        found["duckdb"] = duckdb.__version__
        import pyarrow

        found["pyarrow"] = pyarrow.__version__
    except ImportError:
        pass
    missing = [f"{name} {version}" for name, version in wanted.items() if found.get(name) != version]
    if missing:
        raise Fault("library", missing=missing, python=platform.python_version(), host=platform.node())


def connect(plan: dict[str, Any], locate: Callable[[str], str]) -> Any:
    """The connection of this process. `locate` gives the path of a file that was handed to all tasks."""
    if plan["id"] not in _opened:
        for connection in _opened.values():
            connection.close()
        _opened.clear()
        _opened[plan["id"]] = opened(plan, locate)
    return _opened[plan["id"]]


def opened(plan: dict[str, Any], locate: Callable[[str], str]) -> Any:
    import duckdb

    # Spark kills its Python processes, so that they cannot clean up. It removes its own folder with the executor.
    folder = os.environ.get("SPARK_LOCAL_DIRS", "").split(",")[0]
    spill = tempfile.mkdtemp(prefix="daybreak-spark-", dir=folder or None)
    # Names in the SQL must never mean variables of this program.
    memory = f"{plan['memoryBytes'] // 1024}KiB"
    config = {**plan["config"], "memory_limit": memory, "temp_directory": spill, "python_enable_replacements": "false"}
    connection = duckdb.connect(":memory:", config=config)
    for statement in plan["prepare"]:
        connection.execute(statement)
    for table in plan["tables"]:
        connection.execute(table["sql"], [locate(table["file"])])
    for statement in plan["lock"]:
        connection.execute(statement)
    return connection


def single(connection: Any, sql: str) -> Any:
    """The first row of a result."""
    return connection.execute(sql).fetchone()


def value_failure(plan: dict[str, Any], thrown: Exception) -> str | None:
    """DuckDB's message if it failed because of a value; None if no record is the cause."""
    return str(thrown) if re.search(plan["failureOfValues"], str(thrown)) else None
