"""Browsers at the sign-in page, each about to post the right password."""

from collections.abc import Sequence
from urllib.parse import urlencode

from idp.register.generator import people
from tests.benchmarks.load import CHALLENGE, Target
from tests.benchmarks.password_lane import Visit
from tests.support.plain_browser import plain_browser

PASSWORD = "một mật khẩu đủ dài để thử"


def visits(target: Target, *, accounts: int, count: int) -> Sequence[Visit]:
    """`count` fresh browsers, of as many people as there are accounts, in turn."""
    numbers = [entry.number for entry in people(count=min(accounts, count), seed=1)]
    return [_visit(target, numbers[place % len(numbers)]) for place in range(count)]


def _visit(target: Target, number: str) -> Visit:
    query = {**target.authorize_query, "state": "s", "code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    with plain_browser() as browser:
        page = browser.open(f"{target.base_url}{target.authorize_path}?{urlencode(query)}")
        form = page.form("sign-in-form")
        fields = {**dict(form.fields), "citizen_number": number, "password": PASSWORD}
        cookie = browser.cookies.header(form.action)
        return Visit(form.action.removeprefix(target.base_url), urlencode(fields).encode(), cookie)
