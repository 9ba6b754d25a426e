"""The console for staff and its API: people looked up for a purpose, acts on their accounts, portals, staff, keys, the
record, and what two have to decide. Beside it the sandbox outbox, where the demo shows messages that no gateway sent.

`roles` says who may do what, `entrance` who comes in, `staff` who they are; every page and every operation of the API
asks them first. What is grave is proposed and carried out when another approves (`carrying_out`; `idp.approvals` says
who may decide). Not a person's own pages (`idp.citizen`), and what an act does to an account `idp.interventions` says.
"""
