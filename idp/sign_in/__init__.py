"""Signing in: the pages that ask for proofs, the methods that check them, and the counts that stop guessing.

A citizen number and password come first, then, unless the portal is content with level 1, a second factor; or a
certificate (`certificates`), which is enough by itself. What was proved so far is an attempt (idp.attempts); when it is
enough, the browser gets a session (idp.sessions) and goes on to where the attempt leads. `routes.SignInPages` is what
others call; whether a sign-in is enough for a portal's request is decided in `idp.protocol.next_step`.

Nobody learns here whether a number is known: unknown people cost the same statements, the same hash and get the same
words. Nobody can lock another person out: browsers that signed in before have a count of their own.

Making accounts and passwords is idp.accounts, a person's own pages are idp.citizen. `idp.protocol` and `idp.citizen`
rely on this room.
"""
