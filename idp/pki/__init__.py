"""Certificate trust: which authorities vouch for a certificate, whether it still holds, and whom it names.

It knows certificates, not accounts: whose a certificate is, and what it lets a person do, is for the rooms above.
Signing in, activation and the people who answer for trust rely on it.
"""
