"""Cuts bytes into lines, as engines/input/line-chunks.ts does."""

import base64
from dataclasses import dataclass, field
from typing import Any, Iterator

CHUNK_BYTES = 8 * 1024 * 1024
#: Of a line that is too large only the beginning is kept, and a few bytes more, so that no character is cut.
KEPT_OF_LARGE = 16 * 1024 + 4
KEPT_OF_BINARY = 1024 * 1024
#: What stands for a line that is no text. It is not JSON either.
STAND_IN = b"?"
#: DuckDB takes up to a hundred times the bytes of the lines that it parses at once.
FEW_BYTES_OF_LINE = 1024
MOST_BYTES_AT_ONCE = 1024 * 1024


@dataclass(frozen=True)
class Span:
    """Consecutive lines of a split in a chunk."""

    split: int
    #: The first of them, counted from 0 in the split.
    first: int
    lines: int


@dataclass
class Chunk:
    """Lines of UTF-8, each with its line feed, of one or several splits."""

    text: bytearray = field(default_factory=bytearray)
    spans: list[Span] = field(default_factory=list)
    #: By line of the chunk, why it is no text, and what the quarantine keeps of it.
    unreadable: dict[int, dict[str, Any]] = field(default_factory=dict)
    lines: int = 0

    def place_of(self, line: int) -> tuple[int, int]:
        """The split of a line, and its number there from 0."""
        for span in self.spans:
            if line < span.lines:
                return span.split, span.first + line
            line -= span.lines
        raise IndexError(line)

    def line(self, number: int) -> str:
        return self.text.split(b"\n", number + 1)[number].decode()

    def parts(self) -> Iterator[bytes]:
        """The lines without the last line feed, in parts that DuckDB can parse at once."""
        text = bytes(self.text)
        if not has_long_line(text, FEW_BYTES_OF_LINE):
            yield text[:-1]
            return
        start = 0
        while start < len(text):
            end = start + MOST_BYTES_AT_ONCE
            last = text.rfind(b"\n", start, end) if end < len(text) else len(text) - 1
            if last == -1:
                last = text.find(b"\n", start)
            yield text[start:last]
            start = last + 1


class ChunkBuilder:
    """Gathers the lines of splits, so that small files share a chunk."""

    def __init__(self, maximum_bytes: int) -> None:
        self._maximum = maximum_bytes
        self._chunk = Chunk()

    def add(self, split: int, blocks: Iterator[bytes]) -> Iterator[Chunk]:
        """Adds the content of a split and gives the chunks that are full."""
        first = 0
        for piece in pieces_of(blocks, self._maximum):
            before = self._chunk.lines
            self._add(piece)
            count = self._chunk.lines - before
            self._chunk.spans.append(Span(split, first, count))
            first += count
            if len(self._chunk.text) >= CHUNK_BYTES:
                yield from self.rest()

    def rest(self) -> Iterator[Chunk]:
        """Gives what was gathered since the last full chunk."""
        if self._chunk.lines > 0:
            yield self._chunk
        self._chunk = Chunk()

    def _add(self, piece: "bytes | LargeLine") -> None:
        if isinstance(piece, LargeLine):
            self._add_unreadable({"large": piece.length, "bytes": encoded(piece.beginning)})
            return
        if is_utf8(piece) and not has_long_line(piece, self._maximum):
            self._chunk.text += piece
            self._chunk.lines += piece.count(b"\n")
            return
        for line in piece[:-1].split(b"\n"):
            if len(line) > self._maximum:
                self._add_unreadable({"large": len(line), "bytes": encoded(line[:KEPT_OF_LARGE])})
            elif not is_utf8(line):
                self._add_unreadable({"binary": len(line), "bytes": encoded(line[:KEPT_OF_BINARY])})
            else:
                self._chunk.text += line + b"\n"
                self._chunk.lines += 1

    def _add_unreadable(self, fault: dict[str, Any]) -> None:
        self._chunk.unreadable[self._chunk.lines] = fault
        self._chunk.text += STAND_IN + b"\n"
        self._chunk.lines += 1


@dataclass
class LargeLine:
    """A line that is too large to be held."""

    beginning: bytes
    length: int


def pieces_of(blocks: Iterator[bytes], maximum_bytes: int) -> Iterator[bytes | LargeLine]:
    """Whole lines, each with a line feed, also the last one."""
    held: list[bytes] = []
    size = 0
    large: LargeLine | None = None
    for block in blocks:
        rest = block
        if large is not None:
            end = rest.find(b"\n")
            part = rest if end == -1 else rest[:end]
            large.beginning += part[: KEPT_OF_LARGE - len(large.beginning)]
            large.length += len(part)
            if end == -1:
                continue
            yield large
            large, rest = None, rest[end + 1 :]
        end = rest.rfind(b"\n")
        if end == -1:
            held.append(rest)
            size += len(rest)
        else:
            yield b"".join([*held, rest[: end + 1]])
            held, size = [rest[end + 1 :]], len(rest) - end - 1
        if size > maximum_bytes:
            large = LargeLine(b"".join(held)[:KEPT_OF_LARGE], size)
            held, size = [], 0
    if large is not None:
        yield large
    if size > 0:
        yield b"".join([*held, b"\n"])


def is_utf8(text: bytes) -> bool:
    try:
        text.decode()
        return True
    except UnicodeDecodeError:
        return False


def has_long_line(text: bytes, most: int) -> bool:
    """Whether a line is longer than `most` bytes. Goes from one line feed to the last one within reach."""
    start = 0
    while start + most < len(text):
        found = text.rfind(b"\n", start, start + most + 1)
        if found == -1:
            return True
        start = found + 1
    return False


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()
