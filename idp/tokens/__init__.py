"""What a portal holds: codes, access tokens, refresh tokens, ID tokens, and the grant they all hang on.

A grant says: this portal may act on this scope for this person, since this sign-in. It is made when a code is redeemed;
ending it ends every token issued from it. Whether a grant still stands also depends on its account and session: that is
asked in `idp.sessions.standing`, never here. Nothing here speaks OAuth: `idp.protocol` does.
"""
