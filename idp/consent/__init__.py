"""What a person agreed to share: with which portal, which data, until when.

An agreement is per portal, per kind of data and per API that the portal may call, is remembered until it ends or is
withdrawn, and never comes from silence. Withdrawing it ends what the portal holds. Some state portals may ask every
time, or by law not at all (`Portal.consent`); `idp.protocol.next_step` asks, this room answers and shows the page.
"""
