"""Finding adapters by entry point, so that a council adds a department without touching the broker."""

from importlib.metadata import entry_points

from broker.adapter import Adapter

GROUP = "tell_us_once.adapters"


def adapters() -> tuple[Adapter, ...]:
    """Every installed adapter, in the order of their departments' names. Raises TypeError for one that is none."""
    found = {entry.name: entry.load() for entry in entry_points(group=GROUP)}
    for name, adapter in found.items():
        if not isinstance(adapter, Adapter) or adapter.department != name:
            raise TypeError(
                f"the entry point {name} in the group {GROUP} is not the adapter of a department of that name"
            )
    return tuple(found[name] for name in sorted(found))
