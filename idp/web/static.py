"""Static files: read once at start, served from memory under a name that changes with the content, cached for good."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_A_YEAR = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    media_type: str


class StaticFolder:
    """The files of `templates/static/`: their addresses for pages, and the route that serves them."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._addresses: dict[str, str] = {}
        self._files: dict[str, _File] = {}
        for name, content in files.items():
            path = Path(name)
            served = f"{path.stem}.{hashlib.sha256(content).hexdigest()[:12]}{path.suffix}"
            self._addresses[name] = f"/static/{served}"
            self._files[served] = _File(content, _TYPES[path.suffix])

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read every file of `folder`; a kind we do not serve is a KeyError at start."""
        return cls({path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()})

    def address(self, name: str) -> str:
        """The path of the file `name` as pages link it; KeyError when there is none."""
        return self._addresses[name]

    def routes(self) -> list[Route]:
        """GET /static/NAME."""
        return [Route("/static/{name}", self.serve, methods=["GET"])]

    async def serve(self, request: Request) -> Response:
        """One file, or 404."""
        file = self._files.get(request.path_params["name"])
        if file is None:
            raise HTTPException(404)
        return Response(file.content, headers={"content-type": file.media_type, "cache-control": _A_YEAR})
