"""What portals are told: that a session, or everything of an account, has ended; and what became of the telling.

Rows are written in the transaction of the act; a task sends them afterwards, portal by portal, until each was taken or
a day is over. Who acts, and on whom, is for the rooms above; how a portal is registered, `portals` says.
"""
