"""Puts the house together: opens its parts, wires every room's routes, keeps the timers, serves.

Beside the main host it can be the certificate host too (`certificate_listener`), and it makes the demo (`demo` and the
files named for it).

No room looks anything up in a global: what it needs is handed to it in `building`, on one page. This room decides
nothing about people or portals.
"""
