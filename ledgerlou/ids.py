"""UUID version 7 (RFC 9562, section 5.7): ids that sort by the time they were made."""

import os
import threading
import time
import uuid

_lock = threading.Lock()
_last = 0


def new_id() -> uuid.UUID:
    """A fresh UUIDv7, larger than every one this process has made before."""
    return uuid.UUID(int=_stamp(1)[0])


def new_ids(count: int) -> list[uuid.UUID]:
    """`count` fresh UUIDv7s in rising order, made under one lock."""
    return [uuid.UUID(int=value) for value in _stamp(count)]


def _stamp(count: int) -> list[int]:
    """48 bits of milliseconds, version, 74 random bits; within a millisecond the value goes on rising."""
    global _last
    values = []
    noise = os.urandom(10 * count)
    with _lock:
        for offset in range(0, 10 * count, 10):
            bits = int.from_bytes(noise[offset : offset + 10], "big") & ((1 << 74) - 1)
            clock = (time.time_ns() // 1_000_000) << 74
            candidate = clock | bits
            if candidate <= _last:
                candidate = _last + 1 + (bits & 0xFFFFFFFF)
            _last = candidate
            values.append(_with_version(candidate))
    return values


def _with_version(value: int) -> int:
    """Lay 48 + 74 bits into the layout of RFC 9562: time, version 7, 12 bits, variant 10, 62 bits."""
    milliseconds, bits = value >> 74, value & ((1 << 74) - 1)
    return (milliseconds << 80) | (0x7 << 76) | ((bits >> 62) << 64) | (0b10 << 62) | (bits & ((1 << 62) - 1))
