"""Gives a recording the chunks and the index that make it quick to open, also one that a killed process left behind.

Knows no robot and no topic: it copies what is whole. Format: https://mcap.dev/spec
"""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from llmos.disk import disk_said
from llmos.errors import StorageError

SUFFIX: Final = ".mcap"
_MAGIC = b"\x89MCAP0\r\n"


def seal(path: Path) -> int:
    """Rewrite a recording with chunks and an index, as far as it is whole, in one step; how many messages it has.

    StorageError when it is no recording or the disk refuses; then it is left as it was.
    """
    partial = path.with_suffix(".sealing")
    try:
        with path.open("rb") as source, partial.open("wb") as target:
            if source.read(len(_MAGIC)) != _MAGIC:
                raise StorageError(f"{path} is not a recording: it does not begin as MCAP files do")
            source.seek(0)
            count = _copy(source, target)
            target.flush()
            os.fsync(target.fileno())
        partial.replace(path)
    except OSError as error:
        raise disk_said("seal", path, error) from error
    finally:
        partial.unlink(missing_ok=True)
    return count


def unsealed(folder: Path) -> list[Path]:
    """The recordings of a folder that a killed process left without an end."""
    return [path for path in sorted(folder.glob(f"*{SUFFIX}")) if not _has_end(path)]


def _copy(source: BinaryIO, target: BinaryIO) -> int:
    """Every whole message of the source, and what it needs to be read."""
    from mcap.records import Channel, Message, Metadata, Schema
    from mcap.writer import Writer

    writer, count = Writer(target), 0
    schemas: dict[int, int] = {0: 0}
    channels: dict[int, int] = {}
    writer.start(profile="", library="llmos")
    for record in _whole_records(source):
        if isinstance(record, Schema):
            schemas[record.id] = writer.register_schema(record.name, record.encoding, record.data)
        elif isinstance(record, Channel):
            told = (record.topic, record.message_encoding, schemas[record.schema_id], record.metadata)
            channels[record.id] = writer.register_channel(*told)
        elif isinstance(record, Metadata):
            writer.add_metadata(record.name, record.metadata)
        elif isinstance(record, Message):
            stamps = (record.log_time, record.data, record.publish_time, record.sequence)
            writer.add_message(channels[record.channel_id], *stamps)
            count += 1
    writer.finish()  # type: ignore[no-untyped-call]
    return count


def _whole_records(source: BinaryIO) -> Iterator[object]:
    """The records up to the end of the messages, or to where the file breaks off."""
    from mcap.exceptions import McapError
    from mcap.records import DataEnd
    from mcap.stream_reader import StreamReader

    records = StreamReader(source).records
    while True:
        try:
            record = next(records)
        except (StopIteration, McapError, struct.error, EOFError, ValueError, IndexError):
            return
        if isinstance(record, DataEnd):  # the summary that follows says it all again
            return
        yield record


def _has_end(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - len(_MAGIC)))
            return size > len(_MAGIC) and file.read() == _MAGIC
    except OSError:
        return True  # not ours to mend
