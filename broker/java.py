"""Which Java runs Kafka: JAVA_HOME's when it is set, else the first on the path."""

import os
import re
import shutil
import subprocess
import zlib
from dataclasses import dataclass
from pathlib import Path

OLDEST_JAVA = 17  # Kafka 4 brokers refuse older ones
_INSTALL = "apt-get install openjdk-17-jre-headless"


class NoSuitableJava(Exception):
    """No Java that can run Kafka; `reason` is one line that says what to install."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Java:
    """A Java that can run Kafka: its program and its major version (17, 21, 25)."""

    program: Path
    major: int

    @property
    def mark(self) -> str:
        """Eight letters that change when another Java is installed; what one Java archives no other can read."""
        real = self.program.resolve()
        return f"{zlib.crc32(f'{real} {real.stat().st_mtime_ns}'.encode()):08x}"


def find_java() -> Java:
    """The Java to run Kafka with; raises NoSuitableJava when there is none or it is too old."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if found is None:
        where = f"JAVA_HOME is {home} and has no bin/java" if home else "Kafka needs Java and there is none on the path"
        raise NoSuitableJava(f"{where}: {_INSTALL}")
    major = _major_version(found)
    if major < OLDEST_JAVA:
        raise NoSuitableJava(f"{found} is Java {major} and Kafka needs {OLDEST_JAVA} or newer: {_INSTALL}")
    return Java(program=Path(found), major=major)


def _major_version(program: str) -> int:
    try:
        told = subprocess.run(  # noqa: S603 - the Java found above
            [program, "-version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        raise NoSuitableJava(f"{program} does not run: {_INSTALL}") from None
    found = re.search(r'version "(?:1\.)?(\d+)', told.stderr)  # Java 8 and older call themselves 1.8
    if found is None:
        raise NoSuitableJava(f"{program} does not tell its version: {_INSTALL}")
    return int(found[1])
