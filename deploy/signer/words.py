"""What the helper says to the person, and to the page that asked, in Vietnamese and English."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final


class Refused(Exception):
    """Nothing was signed; `code` is one of REFUSALS."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence in both languages."""

    vi: str
    en: str

    def __getitem__(self, language: str) -> str:
        return self.vi if language == "vi" else self.en


REFUSALS: Final[Mapping[str, tuple[HTTPStatus, Words]]] = {
    "wrong_host": (
        HTTPStatus.MISDIRECTED_REQUEST,
        Words("Yêu cầu gửi sai địa chỉ.", "The request came to the wrong address."),
    ),
    "wrong_path": (HTTPStatus.NOT_FOUND, Words("Không có địa chỉ này.", "There is nothing at this address.")),
    "wrong_method": (
        HTTPStatus.METHOD_NOT_ALLOWED,
        Words("Địa chỉ này chỉ nhận yêu cầu POST.", "This address takes POST requests only."),
    ),
    "wrong_origin": (
        HTTPStatus.FORBIDDEN,
        Words("Trang này không được phép yêu cầu ký.", "This page may not ask for signatures."),
    ),
    "wrong_body": (
        HTTPStatus.BAD_REQUEST,
        Words("Không đọc được yêu cầu ký.", "The request to sign could not be read."),
    ),
    "busy": (
        HTTPStatus.CONFLICT,
        Words(
            "Phần mềm ký số đang chờ bạn trả lời một yêu cầu khác. Hãy hoàn tất hoặc hủy yêu cầu đó trước.",
            "The signing program is waiting for your answer to another request. Finish or cancel that one first.",
        ),
    ),
    "cancelled": (HTTPStatus.FORBIDDEN, Words("Bạn đã hủy việc ký.", "You cancelled the signature.")),
    "pin_wrong": (
        HTTPStatus.FORBIDDEN,
        Words(
            "Mã PIN không đúng. Hãy thử lại; nếu nhập sai nhiều lần, thiết bị sẽ bị khóa.",
            "The PIN is wrong. Try again; after several wrong ones the token locks itself.",
        ),
    ),
    "pin_locked": (
        HTTPStatus.LOCKED,
        Words(
            "Thiết bị ký số đã bị khóa vì nhập sai mã PIN nhiều lần. Hãy nhờ tổ chức đã cấp chứng thư số mở khóa.",
            "The token is locked after too many wrong PINs. The authority that issued your certificate can unlock it.",
        ),
    ),
    "pin_expired": (
        HTTPStatus.FORBIDDEN,
        Words(
            "Mã PIN phải được đổi trước khi ký. Hãy đổi bằng phần mềm của thiết bị rồi thử lại.",
            "The PIN must be changed before it signs. Change it with your token's own program and try again.",
        ),
    ),
    "no_token": (
        HTTPStatus.SERVICE_UNAVAILABLE,
        Words(
            "Không tìm thấy thiết bị ký số nào. Hãy cắm thiết bị rồi thử lại.",
            "No token was found. Plug it in and try again.",
        ),
    ),
    "token_removed": (
        HTTPStatus.SERVICE_UNAVAILABLE,
        Words(
            "Thiết bị ký số đã bị rút ra. Hãy cắm lại rồi thử lại.",
            "The token was removed. Plug it in again and try again.",
        ),
    ),
    "no_certificate": (
        HTTPStatus.SERVICE_UNAVAILABLE,
        Words(
            "Thiết bị ký số không có chứng thư số nào dùng được để xác nhận danh tính.",
            "The token has no certificate that can prove who you are.",
        ),
    ),
    "token_failed": (
        HTTPStatus.INTERNAL_SERVER_ERROR,
        Words(
            "Thiết bị ký số không ký được. Hãy rút ra, cắm lại rồi thử lại.",
            "The token could not sign. Remove it, plug it in again and try again.",
        ),
    ),
}

ASKS: Final = Words(
    "{origin} muốn xác nhận danh tính của bạn bằng chữ ký số.", "{origin} wants to confirm who you are by a signature."
)
WHICH: Final = Words("Ký bằng chứng thư số nào?", "Which certificate should sign?")
NUMBER: Final = Words("Số thứ tự (bỏ trống nếu muốn hủy): ", "Number (nothing to cancel): ")
THIS_ONE: Final = Words("Ký bằng chứng thư số này?", "Sign with this certificate?")
CERTIFICATE: Final = Words(
    "{name}, do {issuer} cấp, hết hạn ngày {until:%d/%m/%Y}", "{name}, issued by {issuer}, good until {until:%Y-%m-%d}"
)
PIN: Final = Words("Mã PIN của thiết bị ký số {token}", "PIN of the token {token}")
OR_NOTHING: Final = Words(" (bỏ trống nếu muốn hủy): ", " (nothing to cancel): ")
LAST_TRY: Final = Words(
    "Chú ý: đây là lần thử cuối. Nếu nhập sai, thiết bị sẽ bị khóa.",
    "Careful: this is the last try. After one more wrong PIN the token locks itself.",
)
FEW_TRIES: Final = Words("Mã PIN đã bị nhập sai trước đó.", "A wrong PIN was entered before.")
READY: Final = Words(
    "Sẵn sàng tại http://127.0.0.1:{port} cho {origins}. Nhấn Ctrl-C để dừng.",
    "Ready at http://127.0.0.1:{port} for {origins}. Press Ctrl-C to stop.",
)
NO_PORT: Final = Words(
    "{port} không phải là một cổng: hãy chọn số từ 1 đến 65535.", "{port} is no port: choose 1 to 65535."
)
PORT_TAKEN: Final = Words(
    "Không mở được cổng {port}: một chương trình khác đang dùng cổng này, hoặc bạn không có quyền mở cổng này.",
    "Port {port} cannot be opened: another program uses it, or you may not open it.",
)
