"""The real parts that tests use, one a file: servers, browsers, relying parties, an SMS gateway.

Everything here is a context manager: what it starts it stops, by its own process id, and what it writes lies in
a folder that goes with it. Nothing here knows the inside of `idp`; tests come through the front door.
"""
