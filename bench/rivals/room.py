"""The rivals' own room: a virtual environment beside ours, made from hashes when it is first asked for."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOM = HERE.parent.parent / ".cache" / "rivals"


def python_of_rivals() -> str:
    """The Python that has FastStream. Raises CalledProcessError where it cannot be installed."""
    python, wanted, done = ROOM / "bin" / "python", HERE / "requirements.txt", ROOM / "requirements.txt"
    if not done.is_file() or done.read_bytes() != wanted.read_bytes():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(ROOM)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        subprocess.run([*install, "-r", str(wanted)], check=True)
        done.write_bytes(wanted.read_bytes())
    return str(python)
