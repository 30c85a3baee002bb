"""Which part of the broker's one process the CPU goes to, seen from outside by a profiler in a room of its own."""
