"""The pages at /account/certificates: which certificates open the account, what they are called, and removing them."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.accounts import certificates
from idp.accounts.certificates import LONGEST_LABEL, CertificateLabelUnfit, LinkedCertificate
from idp.accounts.removing import LastSecondFactor
from idp.citizen import certificate_changes
from idp.citizen.adding_certificates import PATH
from idp.citizen.entrance import Entrance
from idp.citizen.own_changes import changed_by
from idp.errors import Refusal
from idp.parts import Parts
from idp.sessions.standing import SignedIn
from idp.sign_in.certificates.presenting import CertificateWays
from idp.web.forms import read_query

_NAME: Final = f"{PATH}/{{certificate:uuid}}/name"
_REMOVE: Final = f"{PATH}/{{certificate:uuid}}/remove"
_DONE: Final = frozenset({"added", "named", "removed"})


@dataclass(frozen=True, slots=True)
class _Chosen:
    """One of a person's own certificates, and the person."""

    who: SignedIn
    certificate: LinkedCertificate


class CertificatesPage:
    """Lists, names and removes. The path names the certificate, so that a sign-in in between leads back to it."""

    def __init__(self, parts: Parts, entrance: Entrance, ways: CertificateWays) -> None:
        self._parts = parts
        self._entrance = entrance
        self._ways = ways

    def routes(self) -> list[Route]:
        """The list, and a page and a form for each change."""
        return [
            Route(PATH, self.show, methods=["GET"]),
            Route(_NAME, self.ask_name, methods=["GET"]),
            Route(_NAME, self.name, methods=["POST"]),
            Route(_REMOVE, self.ask_remove, methods=["GET"]),
            Route(_REMOVE, self.remove, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """The list, and what was changed a moment ago. It stays where no certificates are taken any more."""
        parts, done = self._parts, read_query(request).get("done")
        who = await self._entrance.admit(request)
        if isinstance(who, Response):
            return who
        return parts.pages.page(
            request,
            "citizen/certificates.html",
            certificates=await self._list(who),
            now=parts.clock.now(),
            is_open=self._ways.is_open,
            done=done if done in _DONE else None,
            back=PATH,
        )

    async def ask_name(self, request: Request) -> Response:
        """What to call it."""
        chosen = await self._choose(request)
        if isinstance(chosen, Response):
            return chosen
        return self._name_page(request, chosen.certificate, chosen.certificate.label or "")

    async def name(self, request: Request) -> Response:
        """Call it so."""
        parts = self._parts
        fields = await parts.csrf.read_form(request)
        chosen = await self._choose(request)
        if isinstance(chosen, Response):
            return chosen
        label = fields.get("label", "")
        try:
            await parts.database.run(
                changed_by,
                chosen.who,
                parts.clock.now(),
                certificates.name,
                parts.keyring,
                chosen.who.account_id,
                chosen.certificate.id,
                label,
            )
        except CertificateLabelUnfit as refusal:
            return self._name_page(request, chosen.certificate, label[:LONGEST_LABEL], refusal)
        return RedirectResponse(f"{PATH}?done=named", status_code=303)

    async def ask_remove(self, request: Request) -> Response:
        """Whether to remove it."""
        chosen = await self._choose(request)
        return chosen if isinstance(chosen, Response) else self._remove_page(request, chosen.certificate)

    async def remove(self, request: Request) -> Response:
        """Remove it, if something else is left."""
        parts = self._parts
        await parts.csrf.read_form(request)
        chosen = await self._choose(request)
        if isinstance(chosen, Response):
            return chosen
        who, certificate_id, now = chosen.who, chosen.certificate.id, parts.clock.now()
        try:
            await parts.database.run(
                changed_by,
                who,
                now,
                certificate_changes.remove,
                parts.keyring,
                who.account_id,
                certificate_id,
                now=now,
            )
        except LastSecondFactor as refusal:
            return self._remove_page(request, chosen.certificate, refusal)
        return RedirectResponse(f"{PATH}?done=removed", status_code=303)

    async def _choose(self, request: Request) -> _Chosen | Response:
        """The certificate that the path names, for its own person; to the list with everybody else's and nobody's."""
        who = await self._entrance.admit(request, fresh=True)
        if isinstance(who, Response):
            return who
        wanted: UUID = request.path_params["certificate"]
        own = {each.id: each for each in await self._list(who)}
        return _Chosen(who, own[wanted]) if wanted in own else RedirectResponse(PATH, status_code=303)

    async def _list(self, who: SignedIn) -> list[LinkedCertificate]:
        return await self._parts.database.read(certificates.list_of, self._parts.keyring, who.account_id)

    def _name_page(
        self, request: Request, certificate: LinkedCertificate, label: str, refusal: Refusal | None = None
    ) -> Response:
        return self._parts.pages.page(
            request,
            "citizen/name_certificate.html",
            refusal=refusal,
            certificate=certificate,
            label=label,
            longest=LONGEST_LABEL,
        )

    def _remove_page(
        self, request: Request, certificate: LinkedCertificate, refusal: Refusal | None = None
    ) -> Response:
        return self._parts.pages.page(
            request, "citizen/remove_certificate.html", refusal=refusal, certificate=certificate
        )
