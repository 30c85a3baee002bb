"""A room of its own: a virtual environment beside ours for what a benchmark needs and the product does not."""

import subprocess
import sys
from pathlib import Path

ROOMS = Path(__file__).parent.parent / ".cache"


def room(name: str, wanted: Path) -> Path:
    """The programs of a room, made from a file of hashes when it is first asked for. Raises CalledProcessError."""
    folder = ROOMS / name
    python, done = folder / "bin" / "python", folder / "requirements.txt"
    if not done.is_file() or done.read_bytes() != wanted.read_bytes():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        subprocess.run([*install, "-r", str(wanted)], check=True)
        done.write_bytes(wanted.read_bytes())
    return folder / "bin"
