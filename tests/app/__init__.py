"""The house put together: its command line, its demo, what stands in front of it."""
