"""What surrounds the provider: the demo's portals, against providers good and bad."""
