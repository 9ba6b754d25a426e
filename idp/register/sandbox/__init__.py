"""The sandbox register: a small population register in a database of its own, for demo, tests and pilots.

It keeps records in clear, as a register does; the provider's own database never holds them. `SandboxRegister` is the
adapter that accounts ask, and the only door by which records come in.
"""

from idp.register.sandbox.adapter import SandboxRegister

__all__ = ["SandboxRegister"]
