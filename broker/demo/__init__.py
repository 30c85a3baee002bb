"""The demonstration: an invented town, none of whose people, homes or numbers exist."""

from pathlib import Path
from typing import Final

#: about sixty residents, in the format of ``tuo directory load``
TOWN: Final = Path(__file__).with_name("town.jsonl")
