"""Where templates, translations and static files lie: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path


def template_folder() -> Path:
    """The folder `templates/` of this installation.

    The wheel's copy is asked for first: what lies beside an installed package belongs to somebody else.
    """
    package = Path(__file__).resolve().parents[1]
    packed = package / "_templates"
    return packed if packed.is_dir() else package.parent / "templates"
