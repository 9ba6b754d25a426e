"""The texts of messages, from `templates/letters/<language>/<name>.txt`, read once.

An SMS with Vietnamese letters holds 70 characters. Texts carry no link: nobody should learn to follow one.
"""

from functools import cache

from idp.web.template_folder import template_folder


def letter(name: str, language: str, **values: str) -> str:
    """The text with its values, in the language asked for (`vi` or `en`)."""
    return _template(name, language).format(**values)


@cache
def _template(name: str, language: str) -> str:
    return (template_folder() / "letters" / language / f"{name}.txt").read_text(encoding="utf-8").strip()
