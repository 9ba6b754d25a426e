"""What the provider costs, always beside a floor measured in the same run, in interleaved rounds.

Ratios are kept (docs and budgets speak of them); absolute figures belong to the machine. Nothing here is a timed
test: a slow machine never fails a build.
"""
