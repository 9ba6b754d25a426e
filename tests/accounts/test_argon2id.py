"""Two libraries, one kind of hash."""

import resource
import subprocess
import sys
import textwrap

import pytest
from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from argon2.low_level import hash_secret
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.accounts.argon2id import HASHER, Argon2id

QUICK = Argon2id(time_cost=1, memory_cost=8, parallelism=1)


@settings(deadline=None)
@given(st.binary(max_size=600), st.binary(max_size=600))
def test_it_says_what_the_other_library_says(right: bytes, other: bytes) -> None:
    stored = QUICK.hash(right)
    assert QUICK.verify(stored, right)
    assert PasswordHasher().verify(stored, right)
    if other != right:
        with pytest.raises(VerifyMismatchError):
            QUICK.verify(stored, other)


@pytest.mark.parametrize(("passes", "memory", "lanes"), [(1, 8, 1), (3, 64, 1), (2, 19 * 1024, 1), (1, 64, 4)])
def test_older_parameters_are_checked_too(passes: int, memory: int, lanes: int) -> None:
    stored = hash_secret(b"mat khau", b"a salt of 16 b..", passes, memory, lanes, 32, Type.ID).decode()
    assert HASHER.verify(stored, "mat khau")
    with pytest.raises(VerifyMismatchError):
        HASHER.verify(stored, "mat khau ")


@pytest.mark.parametrize(
    "none", ["", "$argon2id$", QUICK.hash("x")[:40], "x" * 300], ids=["empty", "begun", "cut off", "long"]
)
def test_a_hash_that_is_none_is_no_wrong_password(none: str) -> None:
    with pytest.raises((VerificationError, InvalidHashError)) as raised:
        QUICK.verify(none, "x")
    assert not isinstance(raised.value, VerifyMismatchError)


def test_without_memory_a_right_password_is_no_wrong_one() -> None:
    program = f"""
        import resource
        from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
        from idp.accounts.argon2id import HASHER
        in_use = int(open("/proc/self/statm").read().split()[0]) * {resource.getpagesize()}
        stored = {HASHER.hash("x")!r}
        resource.setrlimit(resource.RLIMIT_AS, (in_use + 4 * 2**20, -1))
        try:
            HASHER.verify(stored, "x")
        except VerifyMismatchError:
            print("wrong")
        except VerificationError:
            print("not checked")
        else:
            print("right")
    """
    said = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True)
    assert said.stdout == "not checked\n"
