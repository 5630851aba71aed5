"""What pipelines/clicks must make of a day, computed anew from the raw files with nothing but Python's library.

Arguments: the folder of the catalogue, the day, and files of records, one a line. Prints JSON: counts, rows, and the metrics
by hour, by department, and by hour and all dimensions. With `realtime` instead of a day, records are not compared with each other, and the
catalogue is the latest up to today.
"""

import csv
import json
import re
import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}")


class Repeated(dict):
    """An object with a key twice."""


def members(pairs):
    return Repeated(pairs) if len({key for key, _ in pairs}) < len(pairs) else dict(pairs)


def step(value, key):
    if isinstance(value, Repeated):
        raise ValueError("a key twice on the way")
    if isinstance(key, int):
        return value[key] if isinstance(value, list) and key < len(value) else None
    return value.get(key) if isinstance(value, dict) else None


def at(record, *path):
    for key in path:
        record = step(record, key)
    return record


def of_type(value, *types):
    if value is not None and (type(value) not in types):
        raise ValueError(f"{value!r} is of another type")
    return value


def event_of(line):
    """The columns of an event. Raises if the record is bad."""
    record = json.loads(line, object_pairs_hook=members, parse_float=Decimal)
    if type(record) is not dict:
        raise ValueError("not an object without repeated keys")
    time = of_type(at(record, "@timestamp"), str)
    if time is None or not TIME.fullmatch(time):
        raise ValueError("no time")
    price = of_type(at(record, "items", 0, "price"), int, Decimal)
    if price is not None and Decimal(price) != Decimal(price).quantize(Decimal("0.01")):
        raise ValueError("a price with more digits")
    campaigns = of_type(at(record, "campaigns"), list)
    for campaign in campaigns or []:
        of_type(campaign, str)
    app = of_type(at(record, "app"), int, str)
    return {
        "time": time,
        "instant": datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(ZONE),
        "view": of_type(at(record, "event", "id"), str),
        "visitor": of_type(at(record, "user", "id"), int),
        "page": of_type(at(record, "page", "path"), str),
        "referrer": of_type(at(record, "http.referrer"), str),
        "sku": of_type(at(record, "items", 0, "sku"), str),
        "price": None if price is None else Decimal(price),
        "campaigns": campaigns,
        "app": None if app is None else str(app),
        "device": at(record, "device"),
        "render_ms": of_type(at(record, "render_ms"), int),
    }


def catalogue_of(folder, day):
    latest = max(path.stem for path in Path(folder).glob("*.csv") if path.stem <= day)
    with open(Path(folder, f"{latest}.csv"), newline="") as file:
        return {row["sku"]: row for row in csv.DictReader(file)}


def row_of(event, catalogue):
    """The row of an event. None if it is a bot's."""
    device = event["device"] or {}
    if device.get("bot") is True:
        return None
    product = catalogue.get(event["sku"], {})
    host = event["referrer"] and event["referrer"].split("//", 1)[1].split("/", 1)[0]
    return {
        "viewed_at": event["time"],
        "view": event["view"],
        "visitor": event["visitor"],
        "page": event["page"],
        "came_from": host,
        "sku": event["sku"],
        "product": product.get("name"),
        "department": product.get("department"),
        "price": None if event["price"] is None else float(event["price"]),
        "campaigns": event["campaigns"],
        "by_newsletter": "newsletter" in (event["campaigns"] or []),
        "app": event["app"],
        "os": device.get("os"),
        "device": event["device"],
        "render_ms": event["render_ms"],
    }


class Metrics:
    def __init__(self):
        self.views, self.value, self.render, self.slowest, self.visitors = 0, Decimal(0), 0, 0, set()

    def add(self, event):
        self.views += 1
        self.value += event["price"] or 0
        self.render += event["render_ms"]
        self.slowest = max(self.slowest, event["render_ms"])
        self.visitors |= {event["visitor"]} - {None}

    def json(self):
        return [self.views, float(self.value), self.render, self.slowest, len(self.visitors)]


DIMENSIONS = ["page", "came_from", "department", "product", "by_newsletter", "app", "os"]


def main(folder, day, *files):
    is_realtime = day == "realtime"
    catalogue = catalogue_of(folder, f"{datetime.now(ZONE):%Y-%m-%d}" if is_realtime else day)
    counts = {"read": 0, "written": 0, "duplicates": 0, "quarantined": 0, "filtered": 0}
    seen, rows, hours, departments, groups, unknown = set(), [], {}, {}, {}, 0
    for line in (line for file in files for line in Path(file).read_text().splitlines()):
        counts["read"] += 1
        try:
            event = event_of(line)
        except ValueError:
            counts["quarantined"] += 1
            continue
        if not is_realtime and (event["time"], event["view"]) in seen:
            counts["duplicates"] += 1
            continue
        seen.add((event["time"], event["view"]))
        row = row_of(event, catalogue)
        if row is None:
            counts["filtered"] += 1
            continue
        counts["written"] += 1
        rows.append(row)
        unknown += row["sku"] is not None and row["product"] is None
        hour = f"{event['instant']:%H}"
        group = [row[name] for name in DIMENSIONS]
        hours.setdefault(hour, Metrics()).add(event)
        departments.setdefault(row["department"] or "", Metrics()).add(event)
        groups.setdefault(json.dumps([hour, *group]), Metrics()).add(event)
    print(
        json.dumps(
            {
                "counts": counts,
                "unknown": unknown,
                "rows": rows,
                "hours": {hour: metrics.json() for hour, metrics in sorted(hours.items())},
                "departments": {name: metrics.json() for name, metrics in sorted(departments.items())},
                "groups": [[*json.loads(group), metrics.json()] for group, metrics in sorted(groups.items())],
            }
        )
    )


main(*sys.argv[1:])
