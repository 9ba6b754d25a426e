"""An API that asks for a better sign-in, and two portals that fetch one (RFC 9470), as agencies would write them.

    .venv/bin/python -m deploy.step_up --issuer http://localhost:8000 --port 8010 --folder var/step_up

The API is of an agency of its own, with a resource identifier (RFC 8707), and stands behind `deploy.api_guard`. One
portal is of profile `fapi2`, its tokens bound to its key (DPoP); the other of profile `web`, its tokens plain. Both are
of sectors of their own. A password is enough to sign in at either and to see records; for an extract the API wants
level 2 and a sign-in of the last five minutes. The portal hands that wish on to the provider, and asks again.

They share no code with the provider and with the demo's portals only how browsers are remembered.
"""
