"""Why somebody is not let into the console, or not to a page of it."""

from idp.errors import Kind, Refusal


class NotPermitted(Refusal):
    """A member of staff asked for a page or an act that the role may not have.

    Operator: `idp staff list` shows the role; the audit names what was asked for.
    """

    code = "not_permitted"
    kind = Kind.NOT_ALLOWED


class NotStaff(Refusal):
    """Somebody who is signed in, and is no staff, opened the console.

    Operator: `idp staff add` makes a person staff; the audit names the account that tried.
    """

    code = "not_staff"
    kind = Kind.NOT_ALLOWED


class StaffFactorNeeded(Refusal):
    """A member of staff signed in without a certificate, and IDP_STAFF_FACTOR asks for one.

    Operator: they sign out and sign in with their certificate; a person without one adds it on their own pages first.
    """

    code = "staff_factor_needed"
    kind = Kind.NOT_ALLOWED
