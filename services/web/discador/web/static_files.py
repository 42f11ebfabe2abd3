"""Where the built assets are. They are made by scripts/build_assets.py, not part of the source."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

DIRECTORY = Path(__file__).parent / "static"


class AssetsMissing(Exception):
    """The assets were not built; `make assets` builds them."""


@cache
def _manifest() -> dict[str, str]:
    try:
        names: dict[str, str] = json.loads((DIRECTORY / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise AssetsMissing("the pages' assets are not built: run `make assets`") from None
    return names


def asset(name: str) -> str:
    """Return the address of an asset. Raises `AssetsMissing` where none were built."""
    return f"/static/{_manifest()[name]}"


class HashedFiles(StaticFiles):
    """Serves the built directory; a name carries its content's hash, so browsers may keep it for ever."""

    def __init__(self) -> None:
        super().__init__(directory=DIRECTORY, check_dir=False)

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
