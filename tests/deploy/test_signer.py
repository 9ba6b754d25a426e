"""The signing helper, run for real against a token in software: what it signs, and what it refuses."""

import os
import pty
import select
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from deploy.signer.words import REFUSALS
from idp.sign_in.certificates.answers import read_answer
from tests.deploy.signer import ORIGIN, Signer, module, signer
from tests.support.pki import Authority, Issued, Terms, name, rsa_key, usage
from tests.support.ports import free_port, someone_listens
from tests.support.signed_answers import NONCE
from tests.support.softhsm import no_token, soft_token

SUBJECT = name("Nguyễn Văn An", "CCCD:003090000001")


@pytest.fixture(scope="module")
def ca() -> Authority:
    return Authority.root("Gốc thử nghiệm").issue_authority("CA thử nghiệm")


@pytest.fixture(scope="module")
def card(ca: Authority) -> Issued:
    return ca.issue(SUBJECT)


@pytest.fixture(scope="module")
def running_signer(card: Issued, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signer]:
    with signer(soft_token(tmp_path_factory.mktemp("token"), card)) as running:
        yield running


@pytest.fixture
def at(running_signer: Signer) -> Signer:
    """The one that the tests of this file share, with nothing asked yet."""
    (running_signer.folder / "asked").unlink(missing_ok=True)
    running_signer.enters("123456")
    return running_signer


def test_the_answer_is_a_token_for_the_origin_of_the_page(at: Signer, card: Issued) -> None:
    answer = at.sign()
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json()["algorithm"] == "ES256"
    assert read_answer(answer.text, nonce=NONCE, origin=ORIGIN).der == card.der


def test_the_person_is_told_who_asks_for_what_and_with_which_certificate(at: Signer) -> None:
    at.sign()
    for told in (ORIGIN, "xác nhận danh tính", "Nguyễn Văn An", "CA thử nghiệm", "01/06/2027", "Token thử nghiệm"):
        assert told in at.asked
    assert at.asked.count("GETPIN") == 1
    assert NONCE not in at.asked


KEYS = {
    "RSA, which the token can do by PSS": (rsa_key(2048), (), "PS256"),
    "RSA without PSS": (rsa_key(2048), ("--no-pss",), "RS256"),
    "P-384": (ec.generate_private_key(ec.SECP384R1()), (), "ES384"),
    "P-521": (ec.generate_private_key(ec.SECP521R1()), (), "ES512"),
}


@pytest.mark.parametrize(("key", "options", "algorithm"), KEYS.values(), ids=KEYS.keys())
def test_every_kind_of_key_signs(
    ca: Authority, tmp_path: Path, key: ec.EllipticCurvePrivateKey, options: tuple[str, ...], algorithm: str
) -> None:
    card = ca.issue(SUBJECT, key=key)
    with signer(soft_token(tmp_path, card), *options) as running:
        answer = running.sign()
    assert answer.json()["algorithm"] == algorithm
    assert read_answer(answer.text, nonce=NONCE, origin=ORIGIN).der == card.der


@pytest.mark.parametrize("key", [rsa_key(2048), ec.generate_private_key(ec.SECP256R1())], ids=["RSA", "P-256"])
def test_a_key_that_wants_the_pin_at_every_signature_gets_it(
    ca: Authority, tmp_path: Path, key: ec.EllipticCurvePrivateKey
) -> None:
    card = ca.issue(SUBJECT, key=key)
    with signer(soft_token(tmp_path, card, always_ask=True)) as running:
        assert read_answer(running.sign().text, nonce=NONCE, origin=ORIGIN).der == card.der


def test_the_person_chooses_among_several_certificates(ca: Authority, tmp_path: Path) -> None:
    cards = [ca.issue(name(each)) for each in ("Nguyễn Văn An", "Nguyễn Văn An", "Trần Thị Bình")]
    with signer(soft_token(tmp_path, *cards)) as running:
        signed = set()
        for number in (1, 2, 3):
            (running.folder / "asked").unlink(missing_ok=True)
            running.takes(number)
            signed.add(read_answer(running.sign().text, nonce=NONCE, origin=ORIGIN).der)
            assert running.asked.count("CONFIRM") == number
        assert signed == {card.der for card in cards}
        (running.folder / "asked").unlink()
        running.takes(4)
        assert running.sign().json()["error"] == "cancelled"
        assert "GETPIN" not in running.asked


def test_certificates_for_something_else_are_not_offered(ca: Authority, tmp_path: Path) -> None:
    encryption = Terms(extensions=((usage(key_encipherment=True), True),))
    other_curve = ec.generate_private_key(ec.SECP256K1())
    token = soft_token(tmp_path, ca.issue(SUBJECT, terms=encryption), ca, ca.issue(SUBJECT, key=other_curve))
    with signer(token) as running:
        assert refusal(running, 503) == "no_certificate"
        mine = ca.issue(SUBJECT, terms=Terms(extensions=((usage(digital_signature=True), True),)))
        token.put(mine, "09")
        assert read_answer(running.sign().text, nonce=NONCE, origin=ORIGIN).der == mine.der


def refusal(running: Signer, status: int) -> str:
    """The code of a refusal, which comes with a sentence in each language, and with nothing else."""
    answer = running.sign()
    assert answer.status_code == status
    told = answer.json()
    assert told.keys() == {"error", "vi", "en"}
    assert (told["vi"], told["en"]) == (REFUSALS[told["error"]][1].vi, REFUSALS[told["error"]][1].en)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    return str(told["error"])


def test_a_wrong_pin_signs_nothing_and_the_next_right_one_does(at: Signer, card: Issued) -> None:
    for wrong in ("654321", "1", "9" * 300, "%41%42"):
        at.enters(wrong)
        assert refusal(at, 403) == "pin_wrong"
    at.enters("123456")
    assert read_answer(at.sign().text, nonce=NONCE, origin=ORIGIN).der == card.der
    at.enters("654321")
    assert refusal(at, 403) == "pin_wrong"  # the right one before it has left nothing open


def test_whoever_enters_nothing_has_cancelled(at: Signer) -> None:
    at.enters("")
    assert refusal(at, 403) == "cancelled"


def test_without_a_token_there_is_a_sentence_and_nobody_is_asked(tmp_path: Path, card: Issued) -> None:
    token = no_token(tmp_path)
    with signer(token) as running:
        assert refusal(running, 503) == "no_token"
        assert running.asked == ""


def test_a_token_may_come_after_the_helper(tmp_path: Path, card: Issued) -> None:
    (tmp_path / "later").mkdir()
    later = soft_token(tmp_path / "later", card)
    empty = no_token(tmp_path)
    with signer(empty) as running:
        assert refusal(running, 503) == "no_token"
        for found in (later.folder / "tokens").iterdir():
            found.rename(empty.folder / "tokens" / found.name)
        assert read_answer(running.sign().text, nonce=NONCE, origin=ORIGIN).der == card.der


def test_a_token_that_goes_while_the_pin_is_asked_is_no_fault(tmp_path: Path, card: Issued) -> None:
    with signer(soft_token(tmp_path, card)) as running, ThreadPoolExecutor() as pool:
        waiting = running.hesitates()
        answer = pool.submit(running.sign)
        _wait_for(lambda: "GETPIN" in running.asked)
        (tmp_path / "tokens").rename(tmp_path / "pulled")
        waiting.unlink()
        assert answer.result().json()["error"] in {"token_removed", "token_failed"}
        assert answer.result().status_code in {500, 503}


BAD_REQUESTS = {
    "no origin": (403, {"Origin": None}),
    "another origin": (403, {"Origin": "https://evil.example"}),
    "an origin that begins alike": (403, {"Origin": f"{ORIGIN}.evil.example"}),
    "an origin with a port": (403, {"Origin": f"{ORIGIN}:8443"}),
    "another scheme": (403, {"Origin": "http://id.example.vn"}),
    "a slash": (403, {"Origin": f"{ORIGIN}/"}),
    "capital letters": (403, {"Origin": "https://ID.example.vn"}),
    "no place": (403, {"Origin": "null"}),
    "itself": (403, {"Origin": "http://127.0.0.1"}),
    "a name that leads here": (421, {"Host": "id.example.vn"}),
    "a name of ours": (421, {"Host": "localhost"}),
    "an address without the port": (421, {"Host": "127.0.0.1"}),
    "a form": (400, {"Content-Type": "text/plain"}),
    "a type and more": (400, {"Content-Type": "application/json; charset=utf-8"}),
}


@pytest.mark.parametrize(("status", "headers"), BAD_REQUESTS.values(), ids=BAD_REQUESTS.keys())
def test_nobody_is_asked_for_whoever_may_not_ask(at: Signer, status: int, headers: dict[str, str | None]) -> None:
    answer = at.send({"nonce": NONCE}, headers)
    assert answer.status_code == status
    if status != 400:
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert at.asked == ""


def test_two_origins_or_hosts_are_none(at: Signer) -> None:
    host, origin = f"Host: {at.here}\r\n", f"Origin: {ORIGIN}\r\n"
    for headers, status in ((host * 2 + origin, b"421"), (host + origin * 2, b"403"), (origin, b"421")):
        with socket.create_connection(("127.0.0.1", at.port), timeout=5) as connection:
            connection.sendall(f"POST /sign HTTP/1.1\r\n{headers}Content-Length: 2\r\n\r\n{{}}".encode())
            assert connection.recv(100).split()[1] == status
    assert at.asked == ""


BODIES = {
    "no object": [NONCE],
    "no nonce": {},
    "a number": {"nonce": 1},
    "a short nonce": {"nonce": "QUJD"},
    "a long nonce": {"nonce": "A" * 200},
    "text": {"nonce": "Tôi cho Lan vay 100 triệu đồng, trả trong một năm."},
    "a long body": {"nonce": NONCE, "more": "x" * 5000},
    "a longer body": {"nonce": NONCE, "more": "x" * 50_000},
    "two nonces": f'{{"nonce": "{NONCE}", "nonce": "{NONCE}"}}'.encode(),
    "another nonce first": f'{{"nonce": "{"A" * 44}", "nonce": "{NONCE}"}}'.encode(),
    "two nonces, one in other letters": f'{{"nonce": "{NONCE}", "n\\u006fnce": "{NONCE}"}}'.encode(),
    "no JSON": b"nonce",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_only_a_nonce_is_signed(at: Signer, body: object) -> None:
    answer = at.send(body)
    assert (answer.status_code, answer.json()["error"]) == (400, "wrong_body")
    assert at.asked == ""


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "TRACE"])
def test_other_methods_are_not_taken(at: Signer, method: str) -> None:
    answer = at.send(method=method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "OPTIONS, POST")
    words = REFUSALS["wrong_method"][1]
    told = {"error": "wrong_method", "vi": words.vi, "en": words.en}
    assert answer.content == b"" if method == "HEAD" else answer.json() == told
    assert at.asked == ""


def test_there_is_one_address(at: Signer) -> None:
    for path in ("/", "/sign/", "/sign?nonce=1", "/SIGN", "/sign%2f"):
        assert at.send({"nonce": NONCE}, path=path).status_code == 404
    assert at.asked == ""


def test_what_is_no_http_is_answered_or_dropped(at: Signer) -> None:
    for sent in (b"\xff\xfe\r\n\r\n", b"POST\r\n\r\n", b"POST /sign HTTP/9.9\r\n\r\n", b"A" * 70_000 + b"\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", at.port), timeout=5) as connection:
            connection.sendall(sent)
            connection.recv(100)
    assert at.sign().status_code == 200


def test_the_browsers_own_question_is_answered_for_pages_that_may_ask(at: Signer) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    answer = at.send(None, asked | {"Access-Control-Request-Private-Network": "true"}, method="OPTIONS")
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Allow-Methods"] == "POST"
    assert answer.headers["Access-Control-Allow-Headers"] == "Content-Type"
    assert answer.headers["Access-Control-Allow-Private-Network"] == "true"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    refused = at.send(None, asked | {"Origin": "https://evil.example"}, method="OPTIONS")
    assert refused.status_code == 403
    assert not any(header.startswith("access-control") for header in refused.headers)


def test_while_a_question_is_open_there_is_no_other(at: Signer, card: Issued) -> None:
    waiting = at.hesitates()
    with ThreadPoolExecutor() as pool:
        first = pool.submit(at.sign)
        _wait_for(lambda: "GETPIN" in at.asked)
        assert refusal(at, 409) == "busy"
        waiting.unlink()
        assert read_answer(first.result().text, nonce=NONCE, origin=ORIGIN).der == card.der
    assert at.asked.count("GETPIN") == 1
    assert at.sign().status_code == 200


def test_several_origins_may_be_named(tmp_path: Path, card: Issued) -> None:
    both = (ORIGIN, "http://localhost:8000")
    with signer(soft_token(tmp_path, card), origins=both) as running:
        for origin in both:
            answer = running.send({"nonce": NONCE}, {"Origin": origin})
            assert read_answer(answer.text, nonce=NONCE, origin=origin).der == card.der


def test_neither_pin_nor_nonce_is_ever_printed(at: Signer) -> None:
    at.enters("314159")
    at.sign()
    at.enters("123456")
    at.sign()
    said = at.said()
    assert "http://127.0.0.1" in said
    assert not any(secret in said for secret in ("314159", "123456", NONCE, "Traceback"))


def test_it_listens_on_loopback_only(at: Signer) -> None:
    assert someone_listens(at.port)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        own_address = probe.getsockname()[0]
    assert own_address == "127.0.0.1" or not someone_listens(at.port, own_address)


def test_on_a_terminal_the_pin_is_asked_without_showing_it(tmp_path: Path, ca: Authority) -> None:
    cards = [ca.issue(name("Nguyễn Văn An")), ca.issue(name("Trần Thị Bình"))]
    token, port = soft_token(tmp_path, *cards), free_port()
    process, terminal = pty.fork()
    if process == 0:
        settings = [f"{variable}={value}" for variable, value in token.environment.items()]
        os.execvp("env", ["env", *settings, *module(token, port), "--lang", "en"])
    try:
        seen = _read_until(terminal, "Ready")
        with ThreadPoolExecutor() as pool:
            answer = pool.submit(Signer(port, tmp_path).sign)
            seen += _read_until(terminal, "Number")
            os.write(terminal, b"2\n")
            seen += _read_until(terminal, "nothing to cancel")
            os.write(terminal, b"123456\n")
            signed = read_answer(answer.result().text, nonce=NONCE, origin=ORIGIN).der
        assert signed in {card.der for card in cards}
        assert "1. " in seen
        assert f"{ORIGIN} wants to confirm who you are" in seen
        assert "123456" not in seen
    finally:
        os.write(terminal, b"\x03")
        assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
        os.close(terminal)


WRONG_STARTS = {
    "no terminal": ([], "no terminal"),
    "no module": (["--module", "/nowhere.so", "--pin-program", "true"], "Not a PKCS#11 module"),
    "another file": (["--module", "/etc/hostname", "--pin-program", "true"], "Not a PKCS#11 module"),
    "no pin program": (["--pin-program", "/nowhere"], "Not a program"),
    "no origin": (["--origin", "id.example.vn", "--pin-program", "true"], "not an origin"),
    "an origin without TLS": (["--origin", "http://id.example.vn", "--pin-program", "true"], "not an origin"),
    "every origin": (["--origin", "*", "--pin-program", "true"], "not an origin"),
}


@pytest.mark.parametrize(("options", "told"), WRONG_STARTS.values(), ids=WRONG_STARTS.keys())
def test_a_wrong_start_ends_with_a_sentence(tmp_path: Path, options: list[str], told: str) -> None:
    token = no_token(tmp_path)
    done = subprocess.run(
        [*module(token, free_port()), *options], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30
    )
    assert done.returncode != 0
    assert told in done.stderr
    assert "Traceback" not in done.stderr


BAD_PORTS = {
    "taken": (None, {"vi": "Không mở được cổng {port}", "en": "Port {port} cannot be opened"}),
    "too high": (99999, {"vi": "{port} không phải là một cổng", "en": "{port} is no port"}),
    "negative": (-1, {"vi": "{port} không phải là một cổng", "en": "{port} is no port"}),
}


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(("wanted", "told"), BAD_PORTS.values(), ids=BAD_PORTS.keys())
def test_a_port_that_cannot_be_had_is_told_in_the_persons_language(
    tmp_path: Path, wanted: int | None, told: dict[str, str], language: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1] if wanted is None else wanted
        command = [*module(no_token(tmp_path), port), "--pin-program", "true", "--lang", language]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(told[language].format(port=port))
    assert done.stderr.count("\n") == 1


def test_every_refusal_has_a_sentence_in_both_languages() -> None:
    assert all(words.vi and words.en and words.vi != words.en for _, words in REFUSALS.values())


def _wait_for(happened: Callable[[], bool], within: float = 10) -> None:
    end = time.monotonic() + within
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


def _read_until(terminal: int, wanted: str, within: float = 20) -> str:
    """What the terminal shows, until these words."""
    seen, end = b"", time.monotonic() + within
    while wanted.encode() not in seen:
        assert select.select([terminal], [], [], max(0, end - time.monotonic()))[0], seen
        seen += os.read(terminal, 4096)
    return seen.decode()
