"""Opens input files in a task, wherever they are, and gives their bytes."""

import hashlib
import io
import json
import os
import stat
import zlib
from typing import Any, BinaryIO, Iterator

BLOCK_BYTES = 4 * 1024 * 1024
#: Bytes of unpacked content that show whether a file has a record a line.
BEGINNING_BYTES = 64 * 1024
LINES_SEEN = 20
MANY = 10

GZIP = b"\x1f\x8b\x08"
ZSTD = b"\x28\xb5\x2f\xfd"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Fault(Exception):
    """A failure that the program that made the plan can name. Its text goes through Spark as JSON."""

    def __init__(self, kind: str, **facts: Any) -> None:
        super().__init__(f"DaybreakFault {json.dumps({'kind': kind, **facts})} DaybreakFault")


class Odd(Exception):
    """A file that is not plainly one of lines, gzip or zstd. Only the rules of the whole program say what it holds."""


def unreadable(file: dict[str, Any], reason: object) -> Fault:
    return Fault("unreadable", file=file["file"], reason=str(reason))


class SplitContent:
    """The lines that begin between two bytes of a file, unpacked, as blocks of bytes. A packed file is one split."""

    def __init__(self, file: dict[str, Any], start: int, end: int) -> None:
        self._file = file
        self._start = start
        self._end = end
        self._hash = hashlib.sha256() if start == 0 and end == file["bytes"] else None
        self._part = part_hash() if self._hash is None else None

    def blocks(self) -> Iterator[bytes]:
        """Raises Odd, also after some blocks, and Fault."""
        if self._end == 0:
            return
        try:
            with opened(self._file, max(self._start - 1, 0)) as stream:
                raw = self._raw(stream) if self._part is None else hashed(self._raw(stream), self._part)
                yield from raw if self._file["isLines"] else self._unpacked(raw)
        except (Odd, Fault):
            raise
        except Exception as cause:  # pylint: disable=broad-except
            raise unreadable(self._file, cause) from cause

    @property
    def sha256(self) -> str | None:
        """The hash of the file, if the split is all of it and was read to its end."""
        return None if self._hash is None else self._hash.hexdigest()

    @property
    def part(self) -> str:
        """The hash of the lines of a part of a file, which was read to its end; see PartHashes. Empty for a whole file."""
        return "" if self._part is None else self._part.hexdigest()

    def _raw(self, stream: BinaryIO) -> Iterator[bytes]:
        """The split's bytes of the file as it was listed: what it has gained meanwhile is late."""
        size, end = self._file["bytes"], self._end
        at = max(self._start - 1, 0)
        is_inside = self._start == 0
        while at < size:
            block = stream.read(min(BLOCK_BYTES, size - at))
            if not block:
                raise unreadable(self._file, "it is shorter than when it was listed")
            begin, base, at = 0, at, at + len(block)
            if self._hash is not None:
                self._hash.update(block)
            if not is_inside:
                begin = block.find(b"\n") + 1
                if begin == 0:
                    continue
                is_inside = True
                if base + begin >= end:
                    return
            if at >= end and end < size:
                found = block.find(b"\n", max(begin, end - 1 - base))
                if found != -1:
                    yield block[begin : found + 1]
                    return
            yield block[begin:]

    def _unpacked(self, raw: Iterator[bytes]) -> Iterator[bytes]:
        if self._start > 0:
            yield from raw
            return
        first = next(raw, b"")
        if first.startswith(GZIP):
            content = gunzipped(first, raw)
        elif first.startswith(ZSTD):
            content = unzstd(first, raw)
        elif looks_like_json(first):
            content = chained(first, raw)
        else:
            raise Odd
        beginning, rest = beginning_of(content)
        if not has_lines(beginning):
            raise Odd
        yield beginning.removeprefix(BYTE_ORDER_MARK)
        yield from rest


def part_hash() -> Any:
    return hashlib.blake2b(digest_size=16)


def hashed(blocks: Iterator[bytes], into: Any) -> Iterator[bytes]:
    for block in blocks:
        into.update(block)
        yield block


class PartHashes:
    """
    Hashes of the lines that begin in each part of a file, from all of its bytes in order. SplitContent reads the same
    lines of each part alone.
    """

    def __init__(self, starts: list[int]) -> None:
        #: The first bytes of the parts that have not begun.
        self._starts = starts[1:]
        self._hash = part_hash()
        self._found: list[str] = []
        self._at = 0
        #: Where the last line of the part before ends.
        self._cut = 0

    def add(self, block: bytes) -> None:
        begin = 0
        while self._starts:
            # A line can be longer than a part, in which then none begins.
            if self._cut < self._starts[0]:
                feed = block.find(b"\n", max(begin, self._starts[0] - 1 - self._at))
                if feed == -1:
                    break
                self._hash.update(block[begin : feed + 1])
                begin = feed + 1
                self._cut = self._at + begin
            self._next()
        self._hash.update(block[begin:])
        self._at += len(block)

    def hexdigests(self) -> list[str]:
        while self._starts:
            self._next()
        return [*self._found, self._hash.hexdigest()]

    def _next(self) -> None:
        self._found.append(self._hash.hexdigest())
        self._hash = part_hash()
        del self._starts[0]


def chained(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def beginning_of(content: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    parts: list[bytes] = []
    for block in content:
        parts.append(block)
        if sum(map(len, parts)) > BEGINNING_BYTES:
            break
    return b"".join(parts), content


def looks_like_json(beginning: bytes) -> bool:
    return text_of(beginning)[:1] in ("{", "[")


def has_lines(content: bytes) -> bool:
    """True only if the content has, beyond doubt, a record a line."""
    beginning = content[:BEGINNING_BYTES]
    lines = beginning.split(b"\n")
    if any(map(may_hold_many, lines)):
        return False
    if len(content) > len(beginning) and len(lines) > 1:
        lines.pop()
    seen = [line for line in map(text_of, lines[:LINES_SEEN]) if line != ""]
    if not seen:
        return len(content) == len(beginning) and not beginning.strip()
    # An object within another one can have a line of its own.
    return is_object(seen[0])


def may_hold_many(line: bytes) -> bool:
    """Whether the line may be many objects. The last one of a beginning may be cut."""
    return b"}{" in line and line.count(b"}") >= MANY and not is_object(text_of(line))


def text_of(line: bytes) -> str:
    return line.decode("utf-8", "replace").lstrip("\ufeff \t\r\n").rstrip(" \t\r\n")


def is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def gunzipped(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """Whole members, one behind another. Anything else is odd."""
    member = zlib.decompressobj(wbits=31)
    try:
        for block in chained(first, rest):
            data = block
            while data:
                if member.eof:
                    member = zlib.decompressobj(wbits=31)
                unpacked = member.decompress(data, BLOCK_BYTES)
                if unpacked:
                    yield unpacked
                data = member.unused_data if member.eof else member.unconsumed_tail
    except zlib.error as cause:
        raise Odd from cause
    while not member.eof and (unpacked := member.decompress(member.unconsumed_tail, BLOCK_BYTES)):
        yield unpacked
    if not member.eof:
        raise Odd


class Blocks(io.RawIOBase):
    """Blocks of bytes as a stream."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        super().__init__()
        self._blocks = blocks
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            self._left = next(self._blocks, b"")
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count


def unzstd(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """Whole frames. Anything else is odd."""
    import pyarrow as pa

    packed = io.BufferedReader(Blocks(chained(first, rest)), BLOCK_BYTES)
    try:
        with pa.CompressedInputStream(pa.PythonFile(packed, mode="r"), "zstd") as stream:
            while block := stream.read(BLOCK_BYTES):
                yield block
    except OSError as cause:
        raise Odd from cause


def hashes_of(file: dict[str, Any], starts: list[int]) -> tuple[str, list[str]]:
    """SHA-256 of a file in hex, and the hashes of the parts that begin at these bytes. Raises Fault."""
    content = SplitContent({**file, "isLines": True}, 0, file["bytes"])
    parts = PartHashes(starts)
    for block in content.blocks():
        parts.add(block)
    return content.sha256 or "", parts.hexdigests()


def opened(file: dict[str, Any], start: int) -> BinaryIO:
    """The bytes of a file from `start` on."""
    match file["place"]:
        case {"kind": "local", "path": path}:
            return opened_local(path, start)
        case {"kind": "s3", "path": path}:
            return opened_s3(path, start, file["bytes"])
        case {"kind": "webhdfs", **place}:
            from daybreak_webhdfs import opened_webhdfs

            return opened_webhdfs(place, start)
        case place:
            raise ValueError(f"no place {place}")


def opened_local(path: str, start: int) -> BinaryIO:
    # A link or a pipe that somebody put there meanwhile must neither be followed nor waited for.
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    stream = open(handle, "rb", buffering=0)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        stream.close()
        raise OSError("it is not a regular file")
    stream.seek(start)
    return stream


def opened_s3(path: str, start: int, size: int) -> BinaryIO:
    stream = s3().open_input_file(path)
    if stream.size() != size:
        stream.close()
        raise OSError("it is not the object that was listed")
    stream.seek(start)
    return stream


def s3() -> Any:
    """S3 by the standard variables of AWS, of which the secret ones are in the environment of Spark alone."""
    from pyarrow import fs

    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return fs.S3FileSystem(**({} if endpoint is None else {"endpoint_override": endpoint}), region=region)
