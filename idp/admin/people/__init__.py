"""Looking one person up, acting on their account, and watching the portals take it."""
