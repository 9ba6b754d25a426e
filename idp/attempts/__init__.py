"""What a browser is in the middle of: a request of a portal, and the proofs given for it so far.

An attempt begins in a sealed cookie, which proves nothing and costs the database nothing. After the first proof it is
also a row, so that proofs and wrong guesses are counted where a browser cannot roll them back. It ends once: by
success, by refusal, by too many wrong codes, or by its time. It is not a session (`idp.sessions`): it lets nobody in.
`idp.sign_in` adds the proofs; `idp.protocol` begins attempts and turns a finished one into a code.
"""
