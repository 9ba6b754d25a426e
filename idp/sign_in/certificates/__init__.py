"""Showing a certificate, by mutual TLS on a host of its own or by a signed challenge, and signing in with it.

Whoever wants to see one asks `presenting.CertificateWays`, and gets a `shown.Shown`: a certificate that holds and whose
key this browser has. By TLS a browser goes to the host with a `errands.Errand` and comes back with one of
`tickets`; otherwise it has the nonce of `challenges` signed, and `answers` reads the Web eID token or CMS message.
At a sign-in (`pages`), `holder` says whose it is and `step` opens the session.

Whether a certificate is worth anything is for idp.pki, which are whose for idp.accounts.certificates; who may tell of a
TLS handshake, idp.web.client_certificate knows. The password's pages lead here, idp.citizen shows certificates for what
is no sign-in, and idp.app serves the certificate host.
"""
