"""The page kit: what every page and endpoint needs between the socket and a room's own thoughts.

It renders pages (`pages`), chooses a language (`languages`, `translations`), reads forms strictly (`forms`), keeps
cookies and form tokens (`cookies`, `csrf`), sets headers (`security_headers`, `content_policy`), bounds what comes in
(`limits`), knows which certificate a browser has shown (`client_certificate`), writes one log line a request
(`request_log`) and turns refusals and bugs into answers (`answers`, `faults`, `error_pages`). `front_door` puts them
around the routes of all rooms.

It is not where anything about a citizen, a portal or a sign-in is decided, and it keeps nothing: it has no table.
OAuth errors are `idp.protocol.answers`. The rooms with pages rely on it: sign_in, consent, citizen, admin, protocol.
"""
