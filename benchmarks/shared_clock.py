"""A clock that several processes share and one of them moves: the moment stands in a file that all of them map."""

from __future__ import annotations

import mmap
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core import ManualClock

_MOMENT = struct.Struct("<q")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNIT = timedelta(microseconds=1)


class SharedClock(ManualClock):
    """Virtual time for all who open the same file; it moves only by `advance`, which one process calls."""

    def __init__(self, path: Path | str, start: datetime | None = None) -> None:
        if start is not None:
            Path(path).write_bytes(_MOMENT.pack((start - _EPOCH) // _UNIT))
        with Path(path).open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _MOMENT.size)
        super().__init__(self.now())

    def now(self) -> datetime:
        """The moment, as an aware datetime in UTC."""
        microseconds: int = _MOMENT.unpack_from(self._map)[0]
        return _EPOCH + microseconds * _UNIT

    def advance(self, by: timedelta | None = None, *, seconds: float = 0) -> datetime:
        """Move on, for everybody, and tell the new moment."""
        to = self.now() + (by if by is not None else timedelta(seconds=seconds))
        _MOMENT.pack_into(self._map, 0, (to - _EPOCH) // _UNIT)
        return to
