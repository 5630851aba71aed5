"""Reads files of HDFS over WebHDFS, which needs no library of Hadoop."""

import json
import os
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, BinaryIO

TIMEOUT_SECONDS = 60


def opened_webhdfs(place: dict[str, Any], start: int) -> BinaryIO:
    """The bytes of a file from `start` on. Of several NameNodes only the active one answers."""
    refusals = []
    for origin in place["origins"]:
        try:
            return urllib.request.urlopen(address(origin, place, start), timeout=TIMEOUT_SECONDS)
        except urllib.error.HTTPError as refused:
            refusals.append(reason_in(refused))
        except OSError as cause:
            refusals.append(f"{origin} cannot be reached: {cause}")
    # The address is not shown: it may carry a token.
    raise OSError("; ".join(refusals))


def address(origin: str, place: dict[str, Any], start: int) -> str:
    token = os.environ.get("HADOOP_TOKEN")
    identity = {"delegation": token} if token else {"user.name": place["user"]}
    query = urllib.parse.urlencode({"op": "OPEN", "offset": start, **identity})
    return f"{origin}/webhdfs/v1{urllib.parse.quote(place['path'])}?{query}"


def reason_in(refused: urllib.error.HTTPError) -> str:
    try:
        answer = json.loads(refused.read())["RemoteException"]
        return f"{answer['exception']}: {answer['message']}".splitlines()[0]
    except (ValueError, KeyError, OSError):
        return f"HTTP {refused.code}"
