"""Acts on accounts: suspend, revoke, lock a way to sign in, ask for a new password or a new proof of identity, restore.

`intervening` is the one unit for all of them, on one account or many. It locks the accounts' rows, asks `planning` what
the order comes to for each, ends what it ends (`cutting`), and writes down the act, its audit row, and what portals and
the person are told. What an act holds against an account are rows of `accounts.restrictions`, each for its own reason
and time: two who suspend one account do not undo each other. `ending` lifts what was for a time.

Who may act, and on whose request, is for the rooms above; what it means to those who issue, `accounts.issuing` says.
Nothing is ever deleted.
"""
