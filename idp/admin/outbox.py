"""The sandbox outbox: what phones would have received. Of the demo only; a real provider never mounts it."""

from datetime import datetime

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.notices.drivers import sandbox_messages
from idp.sealing import Keyring
from idp.storage import Database
from idp.web.answers import wants_json
from idp.web.pages import Pages

PATH = "/admin/outbox"


class OutboxPage:
    """The messages, newest first, for people and for programs."""

    def __init__(self, database: Database, keyring: Keyring, pages: Pages) -> None:
        self._database = database
        self._keyring = keyring
        self._pages = pages

    def routes(self) -> list[Route]:
        """One page."""
        return [Route(PATH, self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        """A page, or JSON: `[{"to", "text", "at"}]`."""
        messages = await sandbox_messages(self._database, self._keyring)
        if wants_json(request):
            return Response(orjson.dumps(messages), media_type="application/json")
        shown = [{**message, "at": datetime.fromisoformat(message["at"])} for message in messages]
        return self._pages.page(request, "admin/outbox.html", messages=shown)
