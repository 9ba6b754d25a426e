"""Pages about the house: portals, keys, the record, and how the parts do."""
