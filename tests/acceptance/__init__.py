"""Acceptance mode from outside: TLS, real processes, a browser without script, portals that nobody here wrote."""
