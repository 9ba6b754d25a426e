"""Opening an account: four pages, in order, none of them skipped or done twice.

Number, name and birth date, then a code, and only then the truth about what stands in the way; a certificate stands for
the first two (`certificate_activation`). A password and a second factor are asked for on two pages and taken at once:
no account ever stands open with a password alone.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.accounts import activation, totp
from idp.accounts.activation import ActivationCodeWrong, ActivationGone, App
from idp.accounts.certificates import CertificateTaken
from idp.accounts.due import CardExpired, Deceased, UnderAge
from idp.accounts.opening import AlreadyActive
from idp.accounts.password_policy import PersonFacts
from idp.accounts.phones import PhoneTaken
from idp.accounts.typed_codes import read_digits
from idp.citizen import activating
from idp.citizen.activation_progress import ActivationProgress, Step, forget
from idp.citizen.app_offer import AppOffer
from idp.citizen.identity_form import IdentityForm
from idp.citizen.new_password import read_new_password
from idp.citizen.record import record_of
from idp.citizen.steps import EndPage, elsewhere, onward
from idp.errors import Refusal
from idp.parts import Parts
from idp.pki.refusals import CertificateNotChecked, CertificateRefused
from idp.register.person import Person
from idp.sign_in.devices import device_of
from idp.web.languages import choose

_OVER: Final = (
    ActivationGone,
    Deceased,
    UnderAge,
    CardExpired,
    AlreadyActive,
    PhoneTaken,
    CertificateTaken,
    CertificateRefused,
)
"""After these there is nothing more to do in this activation."""

_BY_PHONE = "phone"


class ActivationPages:
    """The pages at /activate. `takes_certificates`: whether there is the way of `certificate_activation` too."""

    def __init__(self, parts: Parts, *, takes_certificates: bool) -> None:
        self._parts = parts
        self._ending = EndPage(
            parts.pages, "citizen/activation_over.html", over=_OVER, gone=ActivationGone, forget=forget
        )
        self._identity = IdentityForm(parts, "citizen/activate.html", takes_certificates=takes_certificates)

    def routes(self) -> list[Route]:
        """A page and a form for each step."""
        around = self._ending.around
        return [
            Route("/activate", self.ask_who, methods=["GET"]),
            Route("/activate", self.take_who, methods=["POST"]),
            Route(Step.CODE, around(self.ask_code), methods=["GET"]),
            Route(Step.CODE, around(self.take_code), methods=["POST"]),
            Route(Step.PASSWORD, around(self.ask_password), methods=["GET"]),
            Route(Step.PASSWORD, around(self.take_password), methods=["POST"]),
            Route(Step.SECOND_FACTOR, around(self.ask_second_factor), methods=["GET"]),
            Route(Step.SECOND_FACTOR, around(self.take_second_factor), methods=["POST"]),
        ]

    async def ask_who(self, request: Request) -> Response:
        """GET /activate."""
        return self._identity.show(request)

    async def take_who(self, request: Request) -> Response:
        """POST /activate: the same answer for everybody."""
        parts, now = self._parts, self._parts.clock.now()
        answered = await self._identity.take(request, now=now)
        if isinstance(answered, Response):
            return answered
        progress = await parts.database.run(activating.begin, parts.keyring, *answered, choose(request), now=now)
        return onward(progress, parts.keyring)

    async def ask_code(self, request: Request) -> Response:
        """GET /activate/code."""
        progress = self._progress(request)
        return elsewhere(progress, Step.CODE) or self._code_page(request, progress)

    async def take_code(self, request: Request) -> Response:
        """POST /activate/code."""
        parts, now = self._parts, self._parts.clock.now()
        fields = await parts.csrf.read_form(request)
        progress = self._progress(request)
        if other := elsewhere(progress, Step.CODE):
            return other
        code = fields.get("code", "")
        try:
            person_key = await parts.database.run(
                activation.prove, parts.keyring, progress.activation_id, code, now=now
            )
        except ActivationCodeWrong as refusal:
            return self._code_page(request, progress, refusal)
        return onward(progress.proved(person_key, by_phone=read_digits(code) is not None), parts.keyring)

    async def ask_password(self, request: Request) -> Response:
        """GET /activate/password: the first page that tells the truth."""
        parts, now = self._parts, self._parts.clock.now()
        progress = self._progress(request)
        if other := elsewhere(progress, Step.PASSWORD):
            return other
        person = await self._person(progress)
        await parts.database.run(activation.check, parts.keyring, progress.activation_id, person, now=now)
        return self._password_page(request)

    async def take_password(self, request: Request) -> Response:
        """POST /activate/password."""
        parts = self._parts
        fields = await parts.csrf.read_form(request)
        progress = self._progress(request)
        if other := elsewhere(progress, Step.PASSWORD):
            return other
        try:
            person = await self._person(progress)
            password = read_new_password(fields, PersonFacts.of(person))
            hashed = await parts.passwords.make(password)
        except _OVER:
            raise
        except Refusal as refusal:
            return self._password_page(request, refusal)
        return onward(progress.with_password(hashed, totp.propose()), parts.keyring)

    async def ask_second_factor(self, request: Request) -> Response:
        """GET /activate/second-factor."""
        progress = self._progress(request)
        if other := elsewhere(progress, Step.SECOND_FACTOR):
            return other
        return self._app_page(request, progress, await self._person(progress))

    async def take_second_factor(self, request: Request) -> Response:
        """POST /activate/second-factor: the account is opened, and its recovery codes are shown, this once."""
        parts, now = self._parts, self._parts.clock.now()
        fields = await parts.csrf.read_form(request)
        progress = self._progress(request)
        if other := elsewhere(progress, Step.SECOND_FACTOR):
            return other
        person = await self._person(progress)
        app = None if fields.get("choice") == _BY_PHONE else App(progress.secret, fields.get("otp", ""))
        try:
            await self._check_certificate(progress)
            finished = await parts.database.run(
                activating.finish,
                parts.keyring,
                progress,
                person,
                app,
                choose(request),
                device=device_of(request),
                now=now,
            )
        except CertificateNotChecked as refusal:
            return self._app_page(request, progress, person, refusal)
        except _OVER:
            raise
        except Refusal as refusal:
            return self._app_page(request, progress, person, refusal)
        response = parts.pages.page(request, "citizen/activated.html", codes=finished.codes, back="/")
        finished.keep(response)
        forget(response)
        return response

    def _progress(self, request: Request) -> ActivationProgress:
        return ActivationProgress.read(request, self._parts.keyring, now=self._parts.clock.now())

    async def _person(self, progress: ActivationProgress) -> Person:
        """Asked again at each step: an activation takes half an hour, and the register may change meanwhile."""
        assert progress.person_key is not None
        person = await record_of(self._parts.register, progress.person_key)
        if person is None:
            raise ActivationGone("no_longer_in_the_register")
        return person

    async def _check_certificate(self, progress: ActivationProgress) -> None:
        """Raise what stands against the certificate that has proved the activation by now, if one has."""
        parts, now = self._parts, self._parts.clock.now()
        certificate = await parts.database.read(
            activation.certificate_of, parts.keyring, progress.activation_id, now=now
        )
        if certificate is None:
            return
        try:
            await parts.certificates.check_read(certificate, at=now)
        except CertificateRefused as refusal:
            is_over = not isinstance(refusal, CertificateNotChecked)
            await parts.database.run(activation.note_refused, progress.activation_id, refusal, is_over=is_over, now=now)
            raise

    def _code_page(self, request: Request, progress: ActivationProgress, refusal: Refusal | None = None) -> Response:
        return self._parts.pages.page(request, "citizen/activation_code.html", refusal=refusal, sends=progress.sends)

    def _password_page(self, request: Request, refusal: Refusal | None = None) -> Response:
        return self._parts.pages.page(request, "citizen/activation_password.html", refusal=refusal)

    def _app_page(
        self, request: Request, progress: ActivationProgress, person: Person, refusal: Refusal | None = None
    ) -> Response:
        pages = self._parts.pages
        offer = AppOffer.of(request, pages, progress.secret, person.number)
        return pages.page(
            request, "citizen/activation_app.html", refusal=refusal, offer=offer, by_phone=progress.by_phone
        )
