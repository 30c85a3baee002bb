"""Free ports on loopback, below the range from which the kernel hands out ports by itself."""

import itertools
import os
import socket

# The kernel's own range starts at 32768 on Linux: a port below it is not taken by a passing connection. Where we begin
# differs by process, so that two test runs at the same time do not meet.
_candidates = itertools.count(20_000 + os.getpid() % 1_000 * 10)


def free_ports(count: int = 1) -> int:
    """The first of `count` neighbouring ports that nobody listens on; each call gives others."""
    while True:
        first = next(_candidates)
        if all(_is_free(port) for port in range(first, first + count)):
            for _ in range(count - 1):
                next(_candidates)
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
