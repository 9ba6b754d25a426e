"""A person's own pages: opening an account, getting back into it, and what about it is theirs to see and change.

`activation` and `recovery` are for people who are not signed in; what they are in the middle of is a sealed cookie and
rows of the rooms below. `entrance` lets a signed-in person to the pages under /account, at level 2, and asks for a
fresh sign-in before anything that opens the account is changed. `brake` locks an account on its own person's word, with
or without a sign-in, and lifts that lock alone. Every page works without JavaScript.

It checks no proof itself: codes, passwords and factors are idp.accounts, signing in is idp.sign_in, agreements are
idp.consent. Until a proof is given no page, cookie or time here tells whether a person exists. Only `idp.app` relies on
this room.
"""
