"""The id that a page gives a form which proposes something, so that the form sent again proposes nothing again."""

from uuid import UUID

from idp.web.forms import Fields


def form_id(fields: Fields) -> UUID | None:
    """The id that came back; None for text that is none, which proposes under a fresh one."""
    try:
        return UUID(fields.get("form", ""))
    except ValueError:
        return None
