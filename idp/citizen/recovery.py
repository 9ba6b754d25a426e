"""Getting back in: a new password for somebody who lost theirs, never on less proof than a sign-in asks for.

By phone: the code from the account's phone, and beside it a code of the app or a recovery code. With neither, or
without the phone: a code from a counter, where the card was seen, and then a new second factor as well.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.accounts import totp
from idp.accounts.activation import App
from idp.accounts.due import Deceased
from idp.accounts.issuing import NOT_ISSUED
from idp.accounts.password_policy import PersonFacts
from idp.accounts.passwords import stored_password
from idp.accounts.recovery import Proof, RecoveryCodeWrong
from idp.citizen import resetting
from idp.citizen.app_offer import AppOffer
from idp.citizen.identity_form import IdentityForm
from idp.citizen.new_password import PasswordUnchanged, read_new_password
from idp.citizen.record import record_of
from idp.citizen.recovery_progress import RecoveryGone, RecoveryProgress, Step, forget
from idp.citizen.resetting import CounterNeeded
from idp.citizen.steps import EndPage, Finished, elsewhere, onward
from idp.errors import Refusal
from idp.parts import Parts
from idp.register.person import Person
from idp.sign_in.browser import Browsers
from idp.web.languages import choose
from idp.web.references import reference_of

_OVER: Final = (RecoveryGone, *NOT_ISSUED, Deceased, CounterNeeded)
"""After these there is nothing more to do in this recovery."""

_BY_PHONE = "phone"


class RecoveryPages:
    """The pages at /recover."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._ending = EndPage(parts.pages, "citizen/recovery_over.html", over=_OVER, gone=RecoveryGone, forget=forget)
        self._identity = IdentityForm(parts, "citizen/recover.html")
        self._browsers = Browsers(parts.settings)

    def routes(self) -> list[Route]:
        """A page and a form for each step."""
        around = self._ending.around
        return [
            Route("/recover", self.ask_who, methods=["GET"]),
            Route("/recover", self.take_who, methods=["POST"]),
            Route(Step.CODE, around(self.ask_code), methods=["GET"]),
            Route(Step.CODE, around(self.take_code), methods=["POST"]),
            Route(Step.PASSWORD, around(self.ask_password), methods=["GET"]),
            Route(Step.PASSWORD, around(self.take_password), methods=["POST"]),
            Route(Step.SECOND_FACTOR, around(self.ask_second_factor), methods=["GET"]),
            Route(Step.SECOND_FACTOR, around(self.take_second_factor), methods=["POST"]),
        ]

    async def ask_who(self, request: Request) -> Response:
        """GET /recover."""
        return self._identity.show(request)

    async def take_who(self, request: Request) -> Response:
        """POST /recover: the same answer for everybody."""
        parts, now = self._parts, self._parts.clock.now()
        answered = await self._identity.take(request, now=now)
        if isinstance(answered, Response):
            return answered
        progress = await parts.database.run(resetting.begin, parts.keyring, *answered, choose(request), now=now)
        return onward(progress, parts.keyring)

    async def ask_code(self, request: Request) -> Response:
        """GET /recover/code."""
        progress = self._progress(request)
        return elsewhere(progress, Step.CODE) or self._code_page(request, progress)

    async def take_code(self, request: Request) -> Response:
        """POST /recover/code."""
        parts = self._parts
        fields = await parts.csrf.read_form(request)
        progress = self._progress(request)
        if other := elsewhere(progress, Step.CODE):
            return other
        try:
            proved = await parts.database.run(
                resetting.prove,
                parts.keyring,
                progress,
                fields.get("code", ""),
                reference=reference_of(request),
                now=parts.clock.now(),
            )
        except RecoveryCodeWrong as refusal:
            return self._code_page(request, progress, refusal)
        return onward(proved, parts.keyring)

    async def ask_password(self, request: Request) -> Response:
        """GET /recover/password: the first page that tells the truth."""
        progress = self._progress(request)
        if other := elsewhere(progress, Step.PASSWORD):
            return other
        await self._factors(progress, await self._person(progress))
        return self._password_page(request, progress)

    async def take_password(self, request: Request) -> Response:
        """POST /recover/password: by phone the last step, after a counter the one before."""
        parts = self._parts
        fields = await parts.csrf.read_form(request)
        progress = self._progress(request)
        if other := elsewhere(progress, Step.PASSWORD):
            return other
        try:
            person = await self._person(progress)
            password = read_new_password(fields, PersonFacts.of(person))
            is_present = await self._is_present(progress, password)
            if progress.how is Proof.COUNTER:
                await self._factors(progress, person)
                if is_present:
                    raise PasswordUnchanged
                hashed = await parts.passwords.make(password)
                return onward(progress.with_password(hashed, totp.propose()), parts.keyring)
            finished = await parts.database.run(
                resetting.reset_by_factor,
                parts.keyring,
                progress,
                person,
                factor=fields.get("otp", ""),
                browser=self._browsers.of(request),
                password_hash=await parts.passwords.make(password),
                is_present=is_present,
                now=parts.clock.now(),
            )
        except _OVER:
            raise
        except Refusal as refusal:
            return self._password_page(request, progress, refusal)
        return self._done(request, finished)

    async def ask_second_factor(self, request: Request) -> Response:
        """GET /recover/second-factor, after a counter."""
        progress = self._progress(request)
        if other := elsewhere(progress, Step.SECOND_FACTOR):
            return other
        return await self._app_page(request, progress, await self._person(progress))

    async def take_second_factor(self, request: Request) -> Response:
        """POST /recover/second-factor: everything is taken at once, and recovery codes are shown, this once."""
        parts = self._parts
        fields = await parts.csrf.read_form(request)
        progress = self._progress(request)
        if other := elsewhere(progress, Step.SECOND_FACTOR):
            return other
        person = await self._person(progress)
        app = None if fields.get("choice") == _BY_PHONE else App(progress.secret, fields.get("otp", ""))
        try:
            finished = await parts.database.run(
                resetting.reset_at_counter,
                parts.keyring,
                progress,
                person,
                app=app,
                device=self._browsers.of(request).device,
                now=parts.clock.now(),
            )
        except _OVER:
            raise
        except Refusal as refusal:
            return await self._app_page(request, progress, person, refusal)
        return self._done(request, finished)

    def _done(self, request: Request, finished: Finished) -> Response:
        response = self._parts.pages.page(request, "citizen/recovered.html", codes=finished.codes, back="/")
        finished.keep(response)
        forget(response)
        return response

    def _progress(self, request: Request) -> RecoveryProgress:
        return RecoveryProgress.read(request, self._parts.keyring, now=self._parts.clock.now())

    async def _person(self, progress: RecoveryProgress) -> Person:
        person = await record_of(self._parts.register, progress.claimed.person_key)
        if person is None:
            raise RecoveryGone("no_longer_in_the_register")
        return person

    async def _factors(self, progress: RecoveryProgress, person: Person) -> frozenset[str]:
        parts = self._parts
        return await parts.database.run(resetting.check, progress, person, now=parts.clock.now())

    async def _is_present(self, progress: RecoveryProgress, password: str) -> bool:
        stored = await self._parts.database.run(stored_password, progress.claimed.account_id)
        return await self._parts.passwords.verify(stored.hash if stored else None, password)

    def _code_page(self, request: Request, progress: RecoveryProgress, refusal: Refusal | None = None) -> Response:
        return self._parts.pages.page(request, "citizen/recovery_code.html", refusal=refusal, sends=progress.sends)

    def _password_page(self, request: Request, progress: RecoveryProgress, refusal: Refusal | None = None) -> Response:
        return self._parts.pages.page(
            request, "citizen/recovery_password.html", refusal=refusal, by_phone=progress.how is Proof.SMS
        )

    async def _app_page(
        self, request: Request, progress: RecoveryProgress, person: Person, refusal: Refusal | None = None
    ) -> Response:
        factors = await self._factors(progress, person)
        pages = self._parts.pages
        offer = AppOffer.of(request, pages, progress.secret, person.number)
        return pages.page(
            request, "citizen/recovery_app.html", refusal=refusal, offer=offer, has_phone="sms" in factors
        )
