"""Pages for acts on many accounts."""
