"""The files that hold the keys of a demonstration, each for its owner's eyes alone."""

import os
import secrets
from pathlib import Path
from typing import Final

from broker.demo.home import Home

ADVISER: Final = "adviser"
OPERATOR: Final = "operator"
SOURCE: Final = "registrar"
COLLECTS: Final = "electoral-registration"
#: the one key that the broker shows, instead of asking for it
COUNCIL_TAX: Final = "council-tax-back-office"


def read_key(path: Path) -> str | None:
    """The key in a file; None when there is no file."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return None


def keep_key(path: Path, key: str) -> None:
    """Write a key down, all or nothing, readable by its owner alone from the first byte."""
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{key}\n")
    part.replace(path)


def council_tax_key(home: Home) -> str:
    """The key that the pretend council tax office asks of the broker; made when it is not there."""
    key = read_key(home.key(COUNCIL_TAX))
    if key is None:
        key = secrets.token_urlsafe(32)
        keep_key(home.key(COUNCIL_TAX), key)
    return key
