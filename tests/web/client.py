"""Who calls the sample application, without a socket."""

import httpx

# The ban is for calls out; this one goes to an application in the same process.
Client = httpx.AsyncClient  # noqa: TID251  (the client of a test)
