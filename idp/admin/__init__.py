"""Pages and API for staff. So far: the sandbox outbox, where the demo shows the messages that no gateway sent.

Not a person's own pages (`idp.citizen`), and nothing here acts on accounts yet.
"""
