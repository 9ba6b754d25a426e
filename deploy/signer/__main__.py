"""`python -m deploy.signer`: see README.md beside this file."""

import argparse
import re
import shutil
import signal
import sys
from collections.abc import Sequence
from threading import Thread
from typing import Final

import pkcs11
from pkcs11 import TokenFlag

from deploy.signer.asking import Person, PinProgram, Terminal
from deploy.signer.card import Card, cards, opened, signed
from deploy.signer.listener import Answer, Desk, Listener, Question
from deploy.signer.words import ASKS, FEW_TRIES, LAST_TRY, NO_PORT, PIN, PORT_TAKEN, READY, Refused

PORT: Final = 14170
_ORIGIN: Final = re.compile(r"(https://[a-z0-9.-]+|http://(localhost|127\.0\.0\.1))(:[0-9]{1,5})?")


class Signing:
    """Answers questions, one after the other, in one thread."""

    def __init__(self, module: str, person: Person, language: str, *, pss: bool | None) -> None:
        self._module = module
        self._person = person
        self._language = language
        self._pss = pss

    def serve(self, desk: Desk) -> None:
        """For ever. Whatever a token's module fails at is an answer too: the next question may go better."""
        while True:
            question, answer = desk.next()
            try:
                answer.set_result(self._answer(question))
            except Refused as refused:
                answer.set_exception(refused)
            except Exception:
                answer.set_exception(Refused("token_failed"))

    def _answer(self, question: Question) -> Answer:
        asks = ASKS[self._language].format(origin=question.origin)
        with opened(self._module) as library:
            card = self._chosen(asks, cards(library))
            pin = self._person.pin(f"{asks}\n{card.described(self._language)}", self._prompt(card))
            return signed(card, pin, origin=question.origin, nonce=question.nonce, pss=self._pss)

    def _chosen(self, asks: str, found: Sequence[Card]) -> Card:
        if len(found) == 1:
            return found[0]
        return found[self._person.choose(asks, [card.described(self._language) for card in found])]

    def _prompt(self, card: Card) -> str:
        """What to enter, and what a wrong one would do."""
        flags, prompt = card.token.flags, PIN[self._language].format(token=card.token_label)
        if flags & TokenFlag.USER_PIN_LOCKED:
            raise Refused("pin_locked")
        if flags & TokenFlag.USER_PIN_FINAL_TRY:
            return f"{LAST_TRY[self._language]}\n{prompt}"
        return f"{FEW_TRIES[self._language]}\n{prompt}" if flags & TokenFlag.USER_PIN_COUNT_LOW else prompt


def main() -> None:
    """Listen until Ctrl-C."""
    wanted = _arguments()
    if wanted.pin_program is None and not sys.stdin.isatty():
        raise SystemExit("There is no terminal to ask for the PIN on: name a program with --pin-program.")
    try:
        pkcs11.lib(wanted.module).finalize()
    except (pkcs11.PKCS11Error, RuntimeError):
        raise SystemExit(f"Not a PKCS#11 module: {wanted.module}") from None
    if wanted.pin_program and shutil.which(wanted.pin_program) is None:
        raise SystemExit(f"Not a program: {wanted.pin_program}")
    person = PinProgram(wanted.pin_program, wanted.lang) if wanted.pin_program else Terminal(wanted.lang)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    desk = Desk()
    listener = _listener(wanted, desk)
    Thread(target=listener.serve_forever, daemon=True).start()
    print(READY[wanted.lang].format(port=listener.server_port, origins=", ".join(wanted.origin)), flush=True)
    try:
        Signing(wanted.module, person, wanted.lang, pss=wanted.pss).serve(desk)
    except KeyboardInterrupt:
        sys.exit()


def _listener(wanted: argparse.Namespace, desk: Desk) -> Listener:
    """Bound to its port; a port that cannot be had ends the program with a sentence."""
    try:
        return Listener(wanted.port, frozenset(wanted.origin), desk)
    except OverflowError:
        words = NO_PORT
    except OSError:
        words = PORT_TAKEN
    raise SystemExit(words[wanted.lang].format(port=wanted.port))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.signer", description="Sign in with a token.")
    parser.add_argument("--module", required=True, help="the token's PKCS#11 module, a .so, .dylib or .dll")
    parser.add_argument("--origin", required=True, action="append", type=_origin, help="who may ask; several: again")
    parser.add_argument("--port", type=int, default=PORT, help="default: %(default)s")
    parser.add_argument("--pin-program", help="asks for the PIN in place of the terminal: pinentry, or one like it")
    parser.add_argument("--lang", choices=("vi", "en"), default="vi", help="of the questions; default: %(default)s")
    pss = parser.add_mutually_exclusive_group()
    pss.add_argument("--pss", action="store_true", default=None, help="RSA-PSS, even if the token does not list it")
    pss.add_argument("--no-pss", dest="pss", action="store_false", help="RSA PKCS#1 v1.5, even if the token has PSS")
    return parser.parse_args()


def _origin(text: str) -> str:
    if not _ORIGIN.fullmatch(text):
        raise argparse.ArgumentTypeError("not an origin such as https://id.example.vn")
    return text


if __name__ == "__main__":
    main()
