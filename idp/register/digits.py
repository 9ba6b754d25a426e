"""What people type around digits, taken away before a number, a phone or a date is read."""

_SPACES = " \t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"  # copied along from web pages and documents
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d"
_FULL_STOPS = "\u00b7\u2024\u3002\uff0e"

_PLAIN: dict[int, str | None] = {
    **{ord(sign): None for sign in _SPACES + _INVISIBLE},
    **{ord(sign): "-" for sign in _DASHES},
    **{ord(sign): "." for sign in _FULL_STOPS},
    **{0xFF10 + digit: str(digit) for digit in range(10)},  # full-width digits of East Asian keyboards
    0xFF0B: "+",
    0xFF0F: "/",
}

LONGEST = 64
"""Characters beyond which a text is no number, phone or date however it is spaced."""


def plain(text: str) -> str:
    """`text` without spaces, its digits, dashes, dots and pluses as plain ASCII.

    Other letters and signs stay, so that the reader after this one refuses them. Superscripts, circled digits and the
    digits of other scripts are not digits here: one number must have few spellings.
    """
    return text.translate(_PLAIN) if len(text) <= LONGEST else ""
