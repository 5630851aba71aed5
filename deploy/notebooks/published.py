"""Finds published days: which version of a day is the current one, its files, and what its manifest says of them."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class PublishedError(Exception):
    """A day that is not there, or files that are not as they were published. The message says what to do."""


@dataclass(frozen=True)
class Day:
    date: str
    # The folder of one version. It never changes, so a run that replaces the day meanwhile does not mix two versions.
    folder: Path
    manifest: dict

    @property
    def rows(self) -> dict[str, int]:
        """Rows by local hour, '00' to '23', as the build counted them."""
        return {hour["hour"]: hour["written"] for hour in self.manifest["hours"]}

    @property
    def files(self) -> list[str]:
        """The files of the hours that have rows."""
        return [str(self.folder / hour["file"]) for hour in self.manifest["hours"] if hour["written"] > 0]

    @property
    def quarantine(self) -> str | None:
        """The file of the bad records, if the day has any."""
        file = self.manifest.get("quarantine", {}).get("file")
        return None if file is None else str(self.folder / file)

    def check(self, counted: dict[str, int]) -> None:
        """Compares rows by hour with those that the build counted. Raises PublishedError."""
        wrong = [
            f"hour {hour} has {counted.get(hour, 0):,} rows, and the manifest says {expected:,}"
            for hour, expected in self.rows.items()
            if counted.get(hour, 0) != expected
        ]
        if wrong:
            raise PublishedError(
                f"{self.folder} is not as it was published: {'; '.join(wrong)}. "
                f"Something changed the files. Build the day again: npx daybreak batch run --date {self.date} --force"
            )


def published_days(output: str | Path) -> list[str]:
    """The dates of all published days of an output folder, in order. Raises PublishedError if there is none."""
    output = Path(output)
    if not output.is_dir():
        raise PublishedError(
            f"there is no folder {output}. Set DAYBREAK_DATA and DAYBREAK_PIPELINE, or `output` in the first cell. "
            "If the days are in S3 or HDFS, copy the output here first, with its folder .versions."
        )
    dates = sorted(path.name for path in output.iterdir() if DATE.fullmatch(path.name))
    if not dates:
        raise PublishedError(f"{output} has no published day. Build one: npx daybreak batch run --date YYYY-MM-DD")
    return dates


def published_day(output: str | Path, date: str | None = None) -> Day:
    """A published day, by default the latest one. Raises PublishedError."""
    output = Path(output)
    dates = published_days(output)
    date = date or dates[-1]
    if date not in dates:
        shown = ", ".join(dates[-10:])
        raise PublishedError(f"{output} has no day {date}. The latest published days are: {shown}")
    folder = _current_version(output, date)
    try:
        manifest = json.loads((folder / "_manifest.json").read_text())
    except FileNotFoundError as missing:
        raise PublishedError(f"{folder} has no _manifest.json: it is no published day") from missing
    return Day(date, folder, manifest)


def _current_version(output: Path, date: str) -> Path:
    """In a folder, a link points to the version. In a copy of an output in S3 or HDFS, _current.json does."""
    pointer = output / date / "_current.json"
    if pointer.is_file():
        return output / json.loads(pointer.read_text())["folder"]
    return (output / date).resolve()
