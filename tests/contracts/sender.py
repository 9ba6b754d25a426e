"""What every driver of `idp.notices` must do, whatever gateway is behind it.

A test class inherits the suite and gives the fixture `way_out`: a sender, and how to read what arrived.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from idp.notices.drivers import Sender
from idp.storage.identifiers import new_id
from tests.support.clock import START

HOA = "+84912345678"
LONG = (
    "Mã xác thực của bạn là 482913, có hiệu lực trong 5 phút. Tuyệt đối không đưa mã này cho bất kỳ ai, "
    "kể cả người tự xưng là cán bộ. Nếu bạn không đăng nhập, hãy gọi tổng đài 1900.0368."
)


@dataclass(frozen=True)
class WayOut:
    """A driver with its gateway. `arrived` gives (to, text) in order of arrival, once there are that many."""

    sender: Sender
    arrived: Callable[[int], Awaitable[list[tuple[str, str]]]]


class SenderContract:
    """The suite. `recipients` are one, and five others."""

    pytestmark = pytest.mark.anyio
    recipients: tuple[str, ...] = (HOA, *(f"+8491234567{number}" for number in range(5)))

    @pytest.mark.parametrize(
        "text", ["Mã đăng nhập: 482913", LONG, 'Dấu " và \\ & 100%25 + =?', "Dòng một\nDòng hai", "Hỡi ôi €ƯỠĐ"]
    )
    async def test_a_text_arrives_whole_and_once(self, way_out: WayOut, text: str) -> None:
        before = len(await way_out.arrived(0))
        to = self.recipients[0]
        await way_out.sender.send(to, text, reference=new_id(START))
        assert (await way_out.arrived(before + 1))[before:] == [(to, text)]

    async def test_texts_arrive_apart(self, way_out: WayOut) -> None:
        before = len(await way_out.arrived(0))
        sent = [(to, f"Mã {number}") for number, to in enumerate(self.recipients[1:])]
        for to, text in sent:
            await way_out.sender.send(to, text, reference=new_id(START))
        assert sorted((await way_out.arrived(before + 5))[before:]) == sent
