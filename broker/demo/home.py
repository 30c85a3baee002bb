"""The folder of a demonstration, and what lies where in it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """TUO_HOME, of a demonstration."""

    folder: Path

    def __str__(self) -> str:
        return str(self.folder)

    @property
    def database(self) -> Path:
        """The database that the broker keeps."""
        return self.folder / "tuo.db"

    @property
    def kafka(self) -> Path:
        """Kafka's data."""
        return self.folder / "kafka"

    @property
    def back_offices(self) -> Path:
        """What the pretend back offices remember."""
        return self.folder / "back-offices"

    @property
    def demo(self) -> Path:
        """What the demonstration remembers between two starts; it also marks the folder as a demonstration's."""
        return self.folder / "demo"

    @property
    def residents(self) -> Path:
        """The town as the pretend back offices know it; written last, so that it says that the town is loaded."""
        return self.demo / "residents.jsonl"

    @property
    def keys(self) -> Path:
        """The keys of the clients of this demonstration."""
        return self.folder / "keys"

    def key(self, name: str) -> Path:
        """The file that holds one key, where the other commands look for it too."""
        return self.keys / name

    @property
    def logs(self) -> Path:
        """What the processes say."""
        return self.folder / "logs"

    def log(self, name: str) -> Path:
        """What one process says."""
        return self.logs / f"{name}.log"
