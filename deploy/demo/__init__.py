"""The demo's two portals: relying parties such as an agency would write, on Authlib's Starlette client.

They know the provider only by its discovery document and share no code with it. A portal keeps its people's sessions
in its own memory, under a cookie of its own name: cookies of one host do not know ports.
"""
