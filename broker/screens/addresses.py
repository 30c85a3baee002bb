"""Addresses of our own pages."""

import re
from typing import Final
from urllib.parse import urlsplit

_OURS: Final = re.compile(r"/(?!/)[A-Za-z0-9/_.-]*")


def safe_next(address: str) -> str:
    """The path of one of our own pages, or the start page: nobody is sent elsewhere after signing in."""
    path = urlsplit(address).path
    return path if _OURS.fullmatch(path) else "/"
