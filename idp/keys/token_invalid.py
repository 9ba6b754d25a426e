"""The one refusal of every token that does not hold."""

from idp.errors import Kind, Refusal


class TokenInvalid(Refusal):
    """A token is not one of ours, is for somebody else, is over, or was changed. Which of these only the audit knows.

    Operator: the reason is in the audit. Many at once after a rotation mean that a portal keeps the JWKS document
    longer than its Cache-Control allows.
    """

    code = "token_invalid"
    kind = Kind.NOT_ALLOWED
