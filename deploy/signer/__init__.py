"""A signing helper for the person's own computer: lets a sign-in page use a token that speaks PKCS#11.

It listens on loopback, takes a nonce from pages of the configured origins only, asks the person for the PIN itself, and
answers with a Web eID token. It knows nothing of the provider: other programs that make such tokens, or CMS
signatures, serve a sign-in page as well.
"""
