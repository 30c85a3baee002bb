"""Partitioning: which partition a key goes to, the same as every other producer for Kafka would choose."""

import struct
from collections.abc import Sequence
from typing import Final

_SEED: Final = 0x9747B28C
_M: Final = 0x5BD1E995
_WORD: Final = 0xFFFFFFFF


def partition_of(key: bytes, partitions: Sequence[int]) -> int:
    """The partition of a key; ``partitions`` in their order."""
    return partitions[(murmur2(key) & 0x7FFFFFFF) % len(partitions)]


def murmur2(key: bytes) -> int:
    """MurmurHash2 (Austin Appleby) with the seed of Kafka's own producer, four bytes at a step."""
    whole = len(key) // 4
    hashed = _SEED ^ len(key)
    for word in struct.unpack_from(f"<{whole}I", key):
        mixed = word * _M & _WORD
        mixed = (mixed ^ mixed >> 24) * _M & _WORD
        hashed = (hashed * _M & _WORD) ^ mixed
    if rest := key[whole * 4 :]:
        hashed = (hashed ^ int.from_bytes(rest, "little")) * _M & _WORD
    hashed = (hashed ^ hashed >> 13) * _M & _WORD
    return hashed ^ hashed >> 15
