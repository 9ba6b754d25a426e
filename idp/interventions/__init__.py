"""Acts of staff on accounts: suspend, revoke, restore. Each ends what must end below it, in one transaction, and tells
the portals.

Who may act, and on whose request, is for the rooms above; what an account's state means to those who issue, `accounts`
says.
"""
