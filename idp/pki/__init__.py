"""Certificate trust: which authorities vouch for a certificate, whether it still holds, and whom it names.

`checking.Checking` is what others ask: it takes a certificate through every question, in one order, and accepts it or
raises one of `refusals`. Behind it are the signed list of who is trusted (`trust_list`, `trust_document`,
`trust_chain`, `trust_store`), the ways from a certificate to an anchor (`ways`, `validating`, `paths`, `purposes`), and
what authorities say they have taken back (`revocation`, `crl`, `ocsp`). What nobody can answer is refused.

It knows certificates, not accounts: whose one is, is for idp.accounts.certificates and idp.sign_in.certificates. Nor
does it know how a browser shows one: that its key was there, idp.web.client_certificate or a signed answer has proved.
idp.sign_in and idp.citizen rely on it, and the operators who answer for trust, by `idp pki …`.
"""
