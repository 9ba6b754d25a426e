"""The demo as somebody meets it who has just started it: one for all files here."""
