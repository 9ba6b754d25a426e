"""Puts the house together: opens its parts, wires every room's routes, keeps the timers, serves.

No room looks anything up in a global: what it needs is handed to it in `building`, on one page. This room decides
nothing about people or portals.
"""
