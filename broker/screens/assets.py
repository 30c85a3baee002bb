"""What a browser needs beside the pages: styles and scripts, all from this host, kept for ever under their digest."""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from fastapi import APIRouter, Request, Response

from broker.web.problem import not_found

router = APIRouter()
_HERE: Final = Path(__file__).parent
_TYPES: Final = MappingProxyType({".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file, as it is sent."""

    body: bytes
    packed: bytes
    media_type: str
    digest: str


def load_assets() -> dict[str, Asset]:
    """Every asset by name: what Sass compiled, and our own scripts. Without the build there are only the latter."""
    paths = [path for folder in ("built", "static") for path in sorted((_HERE / folder).glob("*"))]
    return {path.name: _asset(path) for path in paths if path.suffix in _TYPES}


def _asset(path: Path) -> Asset:
    body = path.read_bytes()
    digest = hashlib.sha256(body).hexdigest()[:16]
    return Asset(body=body, packed=gzip.compress(body, mtime=0), media_type=_TYPES[path.suffix], digest=digest)


@router.get("/static/{name}")
async def send_asset(name: str, request: Request) -> Response:
    """Answer one asset."""
    assets: dict[str, Asset] = request.app.state.assets
    asset = assets.get(name)
    if asset is None:
        raise not_found()
    kept = "public, max-age=31536000, immutable" if request.query_params.get("v") == asset.digest else "no-cache"
    headers = {"Cache-Control": kept, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.packed, media_type=asset.media_type, headers={**headers, "Content-Encoding": "gzip"})
    return Response(asset.body, media_type=asset.media_type, headers=headers)
