"""Checks the invariants of docs/robustness.md after a round of faults.

It shares no code with Daybreak: it reads the raw files, what dump.py read from Kafka, and what Druid and Temporal
answer over HTTP, and computes each row again. Standard library only.

    python3 check.py facts.json        prints {"broken": [{"invariant", "pipeline", "what"}, …], "counts": {…}}

facts.json is written by invariants.ts, which says what each field means.
"""

from __future__ import annotations

import http.client
import json
import re
import sys
import time
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

ZONE = timezone(timedelta(hours=9))  # Asia/Seoul has no daylight saving time.
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
# What an edited pipeline puts behind each name, for as long as it is edited.
EDITED = "~"

# time, user_id, user_name, hello, uid
Row = tuple[str, int, str | None, str | None, int | None]
broken: list[dict[str, str]] = []


def report(invariant: str, pipeline: str, what: str) -> None:
    broken.append({"invariant": invariant, "pipeline": pipeline, "what": what})


# The rows that the raw input must give.


def event_of(text: str | None) -> dict[str, Any] | None:
    """The event of a line or message; None if it is a bad record."""
    try:
        event = json.loads(text or "")
        datetime.strptime(event["time"], TIME_FORMAT)
        whole = type(event["id"]) is int and -(2**63) <= event["id"] < 2**63
        return event if whole and type(event["hello"]) is str else None
    except (ValueError, TypeError, KeyError):
        return None


def row_of(event: dict[str, Any], names: dict[int, str]) -> Row:
    uid = event["id"] % 10
    name = names.get(uid)
    return (event["time"], event["id"], name, event["hello"], uid if name is not None else None)


def names_of(pipeline: dict[str, Any]) -> dict[int, str]:
    lines = (Path(pipeline["folder"]) / "names.ndjson").read_text().splitlines()
    return {name["uid"]: name["name"] for name in map(json.loads, lines)}


def rows_of_day(pipeline: dict[str, Any], day: str, names: dict[int, str]) -> Counter[Row]:
    """The distinct events of the day's files."""
    events = set()
    for file in Path(pipeline["input"]).glob(f"names.{day.replace('-', '')}.*"):
        for line in file.read_text().splitlines():
            event = event_of(line)
            if event is not None and event["time"].startswith(day):
                events.add(row_of(event, names))
    return Counter(events)


# What the servers answer.


def ask(url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def served(facts: dict[str, Any], datasource: str, start: str, end: str) -> Counter[Row]:
    """The rows that Druid serves from the start of one day to the start of another."""
    query = f"""
        SELECT TIME_FORMAT(__time, 'yyyy-MM-dd HH:mm:ss', 'Asia/Seoul'), user_id, user_name, hello, uid
        FROM "{datasource}" WHERE __time >= TIMESTAMP '{utc(start)}' AND __time < TIMESTAMP '{utc(end)}'"""
    answer = ask(f"{facts['brokerUrl']}/druid/v2/sql", {"query": query, "resultFormat": "array"})
    return Counter(tuple(row) for row in answer)


def utc(day: str) -> str:
    return datetime.fromisoformat(day).replace(tzinfo=ZONE).astimezone(timezone.utc).strftime(TIME_FORMAT)


def next_day(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def differences(found: Counter[Any], wanted: Counter[Any], unit: str) -> str:
    """Empty if both are the same."""
    missing, extra = wanted - found, found - wanted
    parts = [
        f"{sum(counts.values())} {unit} {name}, such as {next(iter(counts))}"
        for name, counts in (("are missing", missing), ("are too many", extra))
        if counts
    ]
    return "; ".join(parts)


def eventually(facts: dict[str, Any], check: Callable[[], str]) -> str:
    """What the check still says after `patienceSeconds`. Empty as soon as it says nothing."""
    deadline = time.monotonic() + facts["patienceSeconds"]
    while True:
        try:
            said = check()
        # A server that is killed may send only a part of its answer.
        except (OSError, http.client.HTTPException, ValueError) as error:
            said = f"no answer: {error}"
        if said == "" or time.monotonic() > deadline:
            return said
        time.sleep(1)


# The invariants.


def check_once(pipeline: dict[str, Any], names: dict[int, str]) -> Counter[Row]:
    """Each input once in the output or once in the dead letters. Returns the output's rows as they are."""
    dumps = {name: json.loads(Path(file).read_text()) for name, file in pipeline["dumps"].items()}
    events = [(message, event_of(message["value"])) for message in dumps["events"]]
    wanted = Counter(row_of(event, names) for _, event in events if event is not None)
    rows = [json.loads(message["value"]) for message in dumps["output"]]
    output = Counter((row["time"], row["user_id"], row["user_name"], row["hello"], row["uid"]) for row in rows)
    unedited: Counter[Row] = Counter()
    for row, count in output.items():
        unedited[(row[0], row[1], row[2].removesuffix(EDITED) if row[2] else None, row[3], row[4])] += count
    if said := differences(unedited, wanted, "rows"):
        report("once", pipeline["name"], f"in the output topic {said}")
    bad = Counter((message["partition"], message["offset"]) for message, event in events if event is None)
    letters = Counter(
        (int(message["headers"]["daybreak.partition"]), int(message["headers"]["daybreak.offset"]))
        for message in dumps["letters"]
    )
    if said := differences(letters, bad, "letters"):
        report("once", pipeline["name"], f"in the dead letters {said}")

    acknowledged = Path(pipeline["acknowledged"]).read_text().splitlines()
    arrived = {message["value"] for message in dumps["events"]}
    if lost := [text for text in acknowledged if text not in arrived]:
        report("today", pipeline["name"], f"Kafka lost {len(lost)} acknowledged events, such as {lost[0]}")
    return output


def check_today(facts: dict[str, Any], pipeline: dict[str, Any], output: Counter[Row]) -> None:
    """Druid serves what the output topic has, of the days that are not sealed."""
    start = next_day(max(pipeline["sealedDays"]))
    wanted = Counter({row: count for row, count in output.items() if row[0] >= start})
    end = (datetime.now(ZONE) + timedelta(days=2)).date().isoformat()
    said = eventually(facts, lambda: differences(served(facts, pipeline["datasource"], start, end), wanted, "rows"))
    if said:
        report("today", pipeline["name"], f"from {start} on {said}")


def check_sealed(facts: dict[str, Any], pipeline: dict[str, Any], names: dict[int, str]) -> None:
    for day in pipeline["sealedDays"]:
        wanted = rows_of_day(pipeline, day, names)
        end = next_day(day)
        said = eventually(facts, lambda: differences(served(facts, pipeline["datasource"], day, end), wanted, "rows"))
        if said:
            report("sealed", pipeline["name"], f"of {day} {said}")


def side_of(hello: dict[str, int]) -> str | None:
    """Who serves an hour, by its marks: 'realtime', or 'batch' and its late marks. None if the marks contradict."""
    late = {mark: count for mark, count in hello.items() if mark.startswith("mark-late-")}
    if not late:
        return "realtime"
    once = hello.get("mark-twice") == 1 and set(late.values()) == {1}
    return f"batch with {', '.join(sorted(late))}" if once else None


def check_mixture(facts: dict[str, Any]) -> dict[str, int]:
    """No answer shows one day from two sides. A day's realtime rows have a mark twice in each hour, and its files too,
    of which a build keeps one; late marks are in the files alone, and a build has the same of them in each hour."""
    asked = answered = 0
    for line in Path(facts["samples"]).read_text().splitlines():
        sample = json.loads(line)
        asked += 1
        if "rows" not in sample:
            continue
        answered += 1
        hours: dict[str, dict[str, int]] = {}
        for hour, hello, count in sample["rows"]:
            hours.setdefault(hour, {})[hello] = count
        days: dict[str, dict[str | None, list[str]]] = {}
        for hour, marks in hours.items():
            days.setdefault(hour[:10], {}).setdefault(side_of(marks), []).append(hour[11:])
        for day, sides in days.items():
            if len(sides) > 1 or None in sides:
                report("mixture", sample["pipeline"], f"{day} at {sample['at']}: {sides}")
    return {"asked": asked, "answered": answered}


def check_left(facts: dict[str, Any]) -> None:
    for what in (runs_left, tasks_left, locks_left):
        if said := eventually(facts, lambda what=what: what(facts)):
            report("left", "", said)
    for pipeline in facts["pipelines"]:
        if said := eventually(facts, lambda pipeline=pipeline: files_left(pipeline)):
            report("left", pipeline["name"], said)


def runs_left(facts: dict[str, Any]) -> str:
    query = urllib.parse.urlencode({"query": "ExecutionStatus = 'Running'"})
    found = ask(f"{facts['temporalUrl']}/api/v1/namespaces/default/workflows?{query}")
    ids = [run["execution"]["workflowId"] for run in found.get("executions", [])]
    wanted = Counter(f"speed-layer/{pipeline['name']}" for pipeline in facts["pipelines"])
    return differences(Counter(ids), wanted, "runs")


def tasks_of(facts: dict[str, Any]) -> list[dict[str, Any]]:
    states = ("running", "pending", "waiting")
    return [task for state in states for task in ask(f"{facts['coordinatorUrl']}/druid/indexer/v1/tasks?state={state}")]


def tasks_left(facts: dict[str, Any]) -> str:
    """Each datasource has its realtime task, and no other."""
    found = Counter((task["dataSource"], task["type"]) for task in tasks_of(facts))
    return differences(found, Counter((p["datasource"], "index_kafka") for p in facts["pipelines"]), "tasks")


def locks_left(facts: dict[str, Any]) -> str:
    """No lock is in a sealed day."""
    filters = [{"datasource": pipeline["datasource"], "priority": 0} for pipeline in facts["pipelines"]]
    found = ask(f"{facts['coordinatorUrl']}/druid/indexer/v1/activeLocks", filters)["datasourceToLocks"]
    for pipeline in facts["pipelines"]:
        sealed = utc(next_day(max(pipeline["sealedDays"]))).replace(" ", "T")
        if left := [lock["interval"] for lock in found.get(pipeline["datasource"], []) if lock["interval"] < sealed]:
            return f"{pipeline['datasource']}: a lock is left on {left[0]}"
    return ""


def files_left(pipeline: dict[str, Any]) -> str:
    data = Path(pipeline["data"])
    scratch = [str(path) for path in (data / "scratch").glob("*")]
    locks = [str(path) for path in data.rglob("*.lock")]
    return ", ".join(scratch + locks)


# What a command prints that fails: the code and what failed, then the remedy. `status` has a ! in place of the code, and a
# backfill has the codes of its days in a table.
NAMED = re.compile(r"(^|│ failed:)([A-Z][A-Z_]+|!) .+?^\s*→ \S", re.MULTILINE | re.DOTALL)


def check_named(facts: dict[str, Any]) -> None:
    for command in facts["commands"]:
        if command["code"] != 0 and (not NAMED.search(command["said"]) or "DEFECT" in command["said"]):
            report("named", "", f"daybreak {command['command']} ended with {command['code']}: {command['said'][-800:]}")


def check_flat(facts: dict[str, Any]) -> None:
    uses = facts["worker"]
    first, last = uses[0], uses[-1]
    if last["handles"] > first["handles"] + 40:
        report("flat", "", f"the worker has {last['handles']} handles, {first['handles']} before the first round")
    if last["mebibytes"] > 1.5 * first["mebibytes"] + 150:
        report("flat", "", f"the worker has {last['mebibytes']} MiB, {first['mebibytes']} before the first round")


def main(path: str) -> None:
    facts = json.loads(Path(path).read_text())
    counts = check_mixture(facts)
    for pipeline in facts["pipelines"]:
        names = names_of(pipeline)
        output = check_once(pipeline, names)
        check_today(facts, pipeline, output)
        check_sealed(facts, pipeline, names)
    check_left(facts)
    check_named(facts)
    check_flat(facts)
    print(json.dumps({"broken": broken, "counts": counts}))


main(sys.argv[1])
