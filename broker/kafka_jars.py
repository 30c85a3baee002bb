"""The folder of jars that a local Apache Kafka runs from, fetched once from Maven Central.

As a command: `python -m broker.kafka_jars` fetches them when they are missing.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

JARS_POM = Path(__file__).with_name("kafka_jars.xml")
CLONE = Path(__file__).parents[1]


class JarsNotFetched(Exception):
    """The Kafka jars could not be fetched; `reason` is one line that says what to do."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def jars_folder() -> Path:
    """Where the Kafka jars are, or, when they are nowhere yet, where they belong.

    TUO_KAFKA_JARS decides alone. Without it, the first of `<TUO_HOME>/kafka/jars` and the clone's `.cache/kafka/jars`
    that is complete, so that a fresh TUO_HOME does not fetch again what the clone already has.
    """
    named = os.environ.get("TUO_KAFKA_JARS")
    if named:
        return Path(named).absolute()
    places = _usual_places()
    return next((place for place in places if jars_are_complete(place)), places[0])


def jars_are_complete(folder: Path) -> bool:
    """Whether the folder was filled to the end, from the list of jars this version asks for."""
    filled_from = folder / JARS_POM.name
    return filled_from.is_file() and filled_from.read_bytes() == JARS_POM.read_bytes()


def fetch_jars(folder: Path) -> None:
    """Fill the folder with the Kafka jars (44 MB), all or nothing; at once when it is already complete.

    Raises JarsNotFetched, with one line that says what to do.
    """
    if jars_are_complete(folder):
        return
    maven = shutil.which("mvn")
    if maven is None:
        raise JarsNotFetched("Maven is needed once, to fetch Kafka: apt-get install maven")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix="jars-") as unfinished:
            filled = Path(unfinished, "jars")
            _copy_with_maven(maven, filled)
            _put_in_place(filled, folder)
    except OSError as error:
        raise JarsNotFetched(f"the Kafka jars cannot be written to {folder}: {error.strerror}") from error


def _usual_places() -> list[Path]:
    home = os.environ.get("TUO_HOME")
    cache = CLONE / ".cache" if (CLONE / "pyproject.toml").is_file() else Path.home() / ".cache" / "tell-us-once"
    places = [Path(home).absolute() / "kafka" / "jars"] if home else []
    return [*places, cache / "kafka" / "jars"]


def _copy_with_maven(maven: str, folder: Path) -> None:
    goal = "dependency:copy-dependencies"
    command = [maven, "-q", "-B", "-C", "-f", str(JARS_POM), goal, f"-DoutputDirectory={folder}"]
    done = subprocess.run(  # noqa: S603 - Maven, with arguments of our own
        [*command, "-DincludeScope=runtime"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        complaint = next((line for line in done.stdout.splitlines() if "ERROR" in line), "it gave no reason")
        raise JarsNotFetched(f"Maven could not fetch Kafka (status {done.returncode}): {complaint}")
    shutil.copyfile(JARS_POM, folder / JARS_POM.name)


def _put_in_place(filled: Path, folder: Path) -> None:
    if folder.exists() and not jars_are_complete(folder):
        shutil.rmtree(folder)
    try:
        filled.rename(folder)
    except OSError:
        if not jars_are_complete(folder):  # another fetch may have finished first: then its jars serve
            raise


def main() -> int:
    """Fetch the jars when they are missing; 1 and one line on standard error when that fails."""
    try:
        fetch_jars(jars_folder())
    except JarsNotFetched as failure:
        print(failure.reason, file=sys.stderr)  # noqa: T201 - the command's answer
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
