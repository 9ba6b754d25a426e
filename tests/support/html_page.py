"""A page as a person without JavaScript has it: its text, its links and its forms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
UNSEEN = frozenset({"script", "style", "template"})
Pairs = list[tuple[str, str]]


class NotOnPage(AssertionError):
    """A test asked for something that the page does not have. The text says what the page has instead."""


@dataclass(eq=False)
class Element:
    """One HTML element, with the text of all that lies in it."""

    tag: str
    attributes: dict[str, str]
    around: tuple["Element", ...] = field(repr=False)
    parts: list[str] = field(default_factory=list, repr=False)

    @property
    def id(self) -> str:
        return self.attributes.get("id", "")

    @property
    def text(self) -> str:
        return " ".join("".join(self.parts).split())

    def nearest(self, tag: str) -> "Element | None":
        """The innermost element of that tag around this one."""
        return next((each for each in reversed(self.around) if each.tag == tag), None)


class _Reader(HTMLParser):
    """Collects every element in document order."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, tuple(self._open))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        places = [place for place, each in enumerate(self._open) if each.tag == tag]
        if places:
            del self._open[places[-1] :]

    def handle_data(self, data: str) -> None:
        if not any(each.tag in UNSEEN for each in self._open):
            for each in self._open:
                each.parts.append(data)


@dataclass(frozen=True)
class Form:
    """One form and what it would send."""

    element: Element
    action: str
    method: str
    controls: tuple[Element, ...] = field(repr=False)
    options: Mapping[Element, tuple[Element, ...]] = field(repr=False)

    @property
    def id(self) -> str:
        return self.element.id

    @property
    def buttons(self) -> list[Element]:
        """What sends the form, in document order."""
        return [each for each in self.controls if _is_button(each)]

    @property
    def fields(self) -> Pairs:
        """Names and values as they are when nobody has typed or pressed anything."""
        pairs: Pairs = []
        for control in self.controls:
            name = control.attributes.get("name", "")
            value = self._value(control)
            if name and value is not None and "disabled" not in control.attributes:
                pairs.append((name, value))
        return pairs

    def filled(self, values: Mapping[str, str | None], button: Element | None) -> Pairs:
        """What is sent once `values` are typed in (None: left out) and `button` is pressed."""
        known = {control.attributes.get("name") for control in self.controls}
        if unknown := set(values) - known:
            raise NotOnPage(f"Form #{self.id} has no field {sorted(unknown)}; it has {sorted(filter(None, known))}.")
        pairs = [(name, value) for name, value in self.fields if name not in values]
        pairs += [(name, typed) for name, typed in values.items() if typed is not None]
        if button is not None and button.attributes.get("name"):
            pairs.append((button.attributes["name"], button.attributes.get("value", "")))
        return pairs

    def _value(self, control: Element) -> str | None:
        if control.tag == "textarea":
            return "".join(control.parts).removeprefix("\n")
        if control.tag == "select":
            return self._chosen(control)
        if _is_button(control) or control.attributes.get("type") in ("button", "reset", "file"):
            return None
        if control.attributes.get("type") in ("checkbox", "radio"):
            return control.attributes.get("value", "on") if "checked" in control.attributes else None
        return control.attributes.get("value", "")

    def _chosen(self, select: Element) -> str | None:
        options = self.options.get(select, ())
        chosen = next((each for each in options if "selected" in each.attributes), options[0] if options else None)
        return chosen.attributes.get("value", chosen.text) if chosen else None


@dataclass(frozen=True)
class Page:
    """An answer to a navigation.

    `stopped` marks an address that the browser was told not to visit (a portal that does not exist): then
    `url` is that address and `posted` is what a form would have sent there.
    """

    url: str
    status: int
    headers: httpx.Headers = field(repr=False, default_factory=httpx.Headers)
    html: str = field(repr=False, default="")
    stopped: bool = False
    posted: tuple[tuple[str, str], ...] = ()

    @cached_property
    def elements(self) -> list[Element]:
        reader = _Reader()
        reader.feed(self.html)
        reader.close()
        return reader.elements

    @property
    def text(self) -> str:
        """What can be read on the page."""
        return next((each.text for each in self.elements if each.tag == "body"), " ".join(self.html.split()))

    @property
    def query(self) -> dict[str, str]:
        """The parameters in the page's own address; a parameter that is there twice fails the test."""
        pairs = parse_qsl(urlsplit(self.url).query, keep_blank_values=True)
        found = dict(pairs)
        assert len(found) == len(pairs), f"repeated parameter in {self.url}"
        return found

    def has(self, element_id: str) -> bool:
        return any(each.id == element_id for each in self.elements)

    def element(self, element_id: str) -> Element:
        """The element with that id."""
        found = [each for each in self.elements if each.id == element_id]
        if len(found) != 1:
            raise NotOnPage(f"{len(found)} elements #{element_id} at {self.url} ({self.status}): {self.text[:600]}")
        return found[0]

    def link(self, element_id: str) -> str:
        """The absolute address that the link with that id leads to."""
        element = self.element(element_id)
        if element.tag != "a" or "href" not in element.attributes:
            raise NotOnPage(f"#{element_id} at {self.url} is not a link")
        return urljoin(self.url, element.attributes["href"])

    def form(self, form_id: str) -> Form:
        """The form with that id."""
        element = self.element(form_id)
        if element.tag != "form":
            raise NotOnPage(f"#{form_id} at {self.url} is not a form")
        controls = tuple(
            each
            for each in self.elements
            if each.tag in ("input", "button", "select", "textarea") and self._owner(each) is element
        )
        options = {each: tuple(o for o in self.elements if each in o.around and o.tag == "option") for each in controls}
        return Form(
            element,
            action=urljoin(self.url, element.attributes.get("action", self.url)),
            method=element.attributes.get("method", "get").upper(),
            controls=controls,
            options=options,
        )

    def _owner(self, control: Element) -> Element | None:
        named = control.attributes.get("form")
        return self.element(named) if named else control.nearest("form")


def _is_button(control: Element) -> bool:
    if control.tag == "button":
        return control.attributes.get("type", "submit") == "submit"
    return control.tag == "input" and control.attributes.get("type") in ("submit", "image")
