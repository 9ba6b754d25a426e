"""Relying parties: who they are, where they may send a browser, what they may ask for, how they prove themselves.

A portal is what its file says (`reading`), with every choice it leaves open written out, so that a later default
changes nobody. `Portals` is a process's copy of all of them: hot paths read no table. Registration refuses a file as a
whole, with every fault of every portal at once, and otherwise takes it as a whole.

A portal may register itself, too (`self_registering`), with a token by which its agency has settled what it can be
(`bounds`, `initial_tokens`): what it says in JSON goes through the readers of files (`metadata`). It then waits until
somebody lets people in.

Not here: how a request is checked against a portal (idp.protocol), what a person agreed to (idp.consent), the keys we
sign with (idp.keys; a portal's own keys are plain JWKs here, and `protocol` brings the two rooms together). Portals
are never deleted, only disabled: consents, grants and the audit go on naming them.
"""

from idp.portals.faults import RegistrationFault, RegistrationRefused
from idp.portals.portal import Portal, Registration
from idp.portals.portals import Portals
from idp.portals.profiles import Profile
from idp.portals.reading import NewPortal, read_portals
from idp.portals.registering import PortalUnknown, Registered, register

__all__ = [
    "NewPortal",
    "Portal",
    "PortalUnknown",
    "Portals",
    "Profile",
    "Registered",
    "Registration",
    "RegistrationFault",
    "RegistrationRefused",
    "read_portals",
    "register",
]
