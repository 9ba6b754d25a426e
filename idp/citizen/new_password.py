"""A new password as it comes from a form."""

from idp.accounts import password_policy
from idp.accounts.password_policy import PersonFacts
from idp.errors import Refusal
from idp.web.forms import Fields


class PasswordsDiffer(Refusal):
    """A new password was typed twice and not alike.

    Operator: nothing to do; the person types it again.
    """

    code = "passwords_differ"


class PasswordUnchanged(Refusal):
    """The new password is the present one: what somebody else may know, or an intervention wants replaced, would stay.

    Operator: nothing to do; the person chooses another.
    """

    code = "password_unchanged"


def read_new_password(fields: Fields, facts: PersonFacts) -> str:
    """The password, typed twice alike and good enough; raises `PasswordsDiffer` and what the policy raises.

    The policy comes first: a password that is refused need not be typed again the same.
    """
    password = fields.get("password", "")
    password_policy.check(password, facts)
    # Byte for byte: whoever can type it twice the same way can type it a third time.
    if password != fields.get("password_again", ""):
        raise PasswordsDiffer
    return password
