"""The keys of portals ready for use, wherever they are kept: in a registration, or at an address of the portal.

The protocol room and the self-test of portals judge keys by the same rules, and share one copy of each set.
"""
