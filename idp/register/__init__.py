"""The population register: who a person is, as the state has written it down.

Identity comes from here, never from a profile form. The room gives `Person`, the asynchronous port `Register` that
every adapter keeps, the rules of the things a register is asked with (citizen number, name, birth date, phone), and one
adapter so far: the sandbox, a database of its own (`IDP_SANDBOX_REGISTER_URL`) filled from CSV files or by a generator.

It is not a copy of the register: an account (idp.accounts) keeps the person's key and a sealed snapshot, and asks
again. It holds no e-mail address, nickname or password; those belong to the account. Adapters are asked at the edge,
outside any unit, and answer within three seconds or raise `RegisterUnavailable`.
"""
