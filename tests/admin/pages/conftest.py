"""A provider whose timers a test runs by hand."""
