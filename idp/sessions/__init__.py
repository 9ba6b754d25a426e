"""Signed-in browsers.

A session says: this browser proved, at this time and at this level, that it is this person. It is not an attempt to
sign in (`idp.attempts`) and it grants a portal nothing (`idp.tokens`). Ending one ends every token that lives in it.
`standing` is the one place that says whether account, session and grant still stand.
"""
