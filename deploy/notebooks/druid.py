"""Asks Druid by SQL. Reads the worker's settings: DRUID_BROKER_URL, DRUID_USERNAME, DRUID_PASSWORD, DRUID_TLS_CA_FILE."""

import base64
import json
import os
import ssl
import urllib.error
import urllib.request
from datetime import date as Date
from datetime import datetime, time, timedelta, timezone
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import yaml


class DruidAway(Exception):
    """Druid did not answer, or refused the question. The message has no secret."""


def _request(url: str, body: dict) -> urllib.request.Request:
    headers = {"Content-Type": "application/json"}
    user, password = os.environ.get("DRUID_USERNAME"), os.environ.get("DRUID_PASSWORD")
    if user and password:
        address = urlsplit(url)
        if address.scheme != "https" and address.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise DruidAway("DRUID_PASSWORD would go over the network unencrypted: give DRUID_BROKER_URL with https")
        headers["Authorization"] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    return urllib.request.Request(f"{url}/druid/v2/sql", json.dumps(body).encode(), headers)


def query(sql: str, *parameters: str) -> list[dict]:
    """The rows of a query, whose ? are the parameters. Raises DruidAway."""
    url = os.environ.get("DRUID_BROKER_URL", "http://127.0.0.1:8082").rstrip("/")
    body = {"query": sql, "parameters": [{"type": "VARCHAR", "value": value} for value in parameters]}
    try:
        request = _request(url, body)
        context = ssl.create_default_context(cafile=os.environ.get("DRUID_TLS_CA_FILE")) if url.startswith("https") else None
        with urllib.request.urlopen(request, timeout=60, context=context) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        raise DruidAway(f"Druid answered {refused.code}: {refused.read().decode(errors='replace')[:500]}") from None
    except OSError as failed:
        host = urlsplit(url).netloc.rpartition("@")[2]
        raise DruidAway(f"Druid is away: {host} does not answer ({getattr(failed, 'reason', failed)})") from None


def served_by_hour(pipeline: Path, date: str) -> dict[str, int]:
    """How many events of a local day Druid serves, by local hour, for the pipeline in this folder. Raises DruidAway."""
    settings = yaml.safe_load((pipeline / "pipeline.yaml").read_text())
    druid = settings["druid"]
    separate = druid.get("replace", "realtime") != "realtime"
    datasource = druid.get("batchDatasource", druid["datasource"] + "_batch") if separate else druid["datasource"]
    # With rollup one row of Druid stands for several events, and a metric counts them: `count`, if none has another name.
    metrics = druid.get("rollup", {}).get("metrics", [])
    counter = next((metric["name"] for metric in metrics if metric["type"] == "count"), "count")
    events = f"SUM({_quoted(counter)})" if "rollup" in druid else "COUNT(*)"
    zone = settings["timeZone"]
    rows = query(
        f"SELECT TIME_FORMAT(__time, 'HH', '{zone}') AS \"hour\", {events} AS events FROM {_quoted(datasource)} "
        "WHERE __time >= TIME_PARSE(?) AND __time < TIME_PARSE(?) GROUP BY 1",
        *day_bounds(date, zone),
    )
    return {row["hour"]: row["events"] for row in rows}


def day_bounds(date: str, zone: str) -> tuple[str, str]:
    """The first instant of a local day and of the next one, in UTC."""
    day = Date.fromisoformat(date)
    midnights = (datetime.combine(each, time(), ZoneInfo(zone)) for each in (day, day + timedelta(days=1)))
    start, end = (midnight.astimezone(timezone.utc).isoformat() for midnight in midnights)
    return start, end


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
