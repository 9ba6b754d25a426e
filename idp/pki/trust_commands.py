"""`idp pki trust …`: who answers for which authorities are trusted. Every act is a version signed with their key."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import orjson
import typer

from idp.approvals import Way, said
from idp.approvals.proposing import ProposalWithoutReason
from idp.clock import Clock
from idp.pki import operator_keys, trust_differences, trust_options, trust_shown, trust_store
from idp.pki.certificate import Certificate
from idp.pki.operators_database import with_database
from idp.pki.refusals import CertificateRefused
from idp.pki.trust_addition import Addition
from idp.pki.trust_document import MOST_HOURS, BadTrustList, read
from idp.pki.trust_list import LARGEST_SERIAL, AnchorPolicy, Block, Distrusted, TrustList
from idp.pki.trust_operations import Alter, Signed, change, is_authority, refuse_as_authority, resign
from idp.pki.weak_keys import MOST_RSA_BITS
from idp.settings import Settings

group = typer.Typer(help="Which authorities are trusted.", no_args_is_help=True)

_USUAL: Final = AnchorPolicy()
_SENTENCES: Final = {
    "earlier_version": "A version of the trust list does not hold; idp pki trust verify names it.",
    "nothing_changed": "The trust list says so already.",
    "does_not_follow": "Somebody else changed the trust list meanwhile: look at it, and repeat.",
    "no_trust_list": "There is no trust list yet.",
    "not_signed_by_us": "The public half of --key is not in IDP_TRUST_KEYS.",
    "not_a_trust_list": "The newest version cannot be read; idp pki trust verify names it.",
    "not_an_authority": "That is not the certificate of an authority.",
    "authority_expired": "That certificate has expired.",
    "distrusted": "That authority is distrusted; idp pki trust restore takes it back.",
    "nothing_to_restore": "The trust list says nothing like that against it; idp pki trust list shows what it says.",
    "authority_not_listed": "Nothing on the trust list has that authority's key, so nothing would be blocked."
    " Is it the right file? idp pki trust list shows the authorities.",
    "proposal_without_reason": "Say why, in one sentence of at most 500 characters.",
    "there_already": "That anchor is there already, by another policy or name; --replace changes what you name.",
}

AsJson = Annotated[bool, typer.Option("--json", help="For a program to read.")]
Key = Annotated[Path, typer.Option("--key", help="Your private key, as new-key wrote it.", show_default=False)]
Authority = Annotated[
    Path,
    typer.Argument(
        metavar="CERTIFICATE", help="The authority's, PEM or DER; - for standard input.", show_default=False
    ),
]
Reason = Annotated[
    str, typer.Option("--reason", help="A code for the audit, such as key-leaked or weak-key.", show_default=False)
]


Why = Annotated[str, typer.Option("--why", help="For the one who approves it.")]
Glass = Annotated[
    str | None, typer.Option("--break-glass", help="Why it cannot wait for another person; they review it.")
]


@dataclass(frozen=True, slots=True)
class _Signing:
    """With which key, why, and why it cannot wait where it does not."""

    key: Path
    why: str
    glass: str | None


@group.command("new-key")
def new_key(
    file: Annotated[Path, typer.Argument(help="Where to write it; must not be there yet.", show_default=False)],
) -> None:
    """Make a key that signs trust lists, and print its public half for IDP_TRUST_KEYS.

    Keep the file away from the provider: whoever has it says who is trusted.

    Example: idp pki trust new-key operator.key
    """
    try:
        public = operator_keys.make(file)
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}", param_hint="FILE") from None
    typer.echo(operator_keys.as_text(public))


@group.command("add")
def add(
    certificate: Authority,
    key: Key,
    issuer: Annotated[
        bool, typer.Option("--issuer", help="Not an anchor: an authority below one, or a cross-certificate.")
    ] = False,
    name: Annotated[str | None, typer.Option(help="What an anchor is called; else as it calls itself.")] = None,
    key_usage: Annotated[
        str | None,
        typer.Option(
            help="One of these is asked for; empty asks for none.", show_default=",".join(sorted(_USUAL.key_usages))
        ),
    ] = None,
    extended_key_usage: Annotated[str | None, typer.Option(help="Identifiers of which one is asked for.")] = None,
    policy: Annotated[
        str | None, typer.Option(help="Identifiers of certificate policies of which one is asked for.")
    ] = None,
    least_rsa_bits: Annotated[
        int | None,
        typer.Option(
            min=_USUAL.least_rsa_bits,
            max=MOST_RSA_BITS,
            help="For RSA keys.",
            show_default=str(_USUAL.least_rsa_bits),
        ),
    ] = None,
    revocation: Annotated[
        str | None, typer.Option(help="Who is asked, in this order.", show_default=",".join(_USUAL.revocation))
    ] = None,
    longest_age: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_HOURS, help="For how many hours an answer counts.", show_default="24"),
    ] = None,
    hardware: Annotated[
        bool | None, typer.Option("--hardware/--no-hardware", help="It issues to tokens that no key leaves.")
    ] = None,
    crl: Annotated[
        list[str] | None, typer.Option(help="Where its own list of revoked certificates is; may be repeated.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Change an anchor that is there already, in what is named here.")
    ] = False,
    why: Why = "idp pki trust add",
    break_glass: Glass = None,
    as_json: AsJson = False,
) -> None:
    """Trust an authority: an anchor by a policy of its own, or (--issuer) one that an anchor vouches for.

    The running provider takes it up within two seconds, and fetches its --crl lists before anybody needs them. Where
    two members of staff may approve, every change here is only proposed to them, except with --break-glass.

    Example: idp pki trust add root.pem --key operator.key --revocation crl --crl https://rootca.gov.vn/crl/vnrca256.crl
    """
    named = {
        "key_usages": None if key_usage is None else trust_options.key_usages(key_usage),
        "extended_key_usages": trust_options.some_identifiers(extended_key_usage, "--extended-key-usage"),
        "policies": trust_options.some_identifiers(policy, "--policy"),
        "least_rsa_bits": least_rsa_bits,
        "revocation": None if revocation is None else trust_options.sources(revocation),
        "longest_age": None if longest_age is None else timedelta(hours=longest_age),
        "in_hardware": hardware,
    }
    asked = {member: value for member, value in named.items() if value is not None}
    if issuer and (asked or name is not None or replace):
        raise typer.BadParameter("only anchors have a name, a policy and --replace", param_hint="--issuer")
    authority = trust_options.certificate_in(certificate)
    addition = Addition(
        authority,
        own_name="" if issuer or name else trust_options.name_of(authority),
        is_issuer=issuer,
        name=None if name is None else trust_options.shown_name(name),
        asked=asked,
        lists=trust_options.web_addresses(crl or ()),
        may_replace=replace,
    )
    try:
        refuse_as_authority(authority, is_anchor=not issuer, now=Clock().now())
    except CertificateRefused as refusal:
        _end(refusal.reason)
    _change(addition, _Signing(key, why, break_glass), as_json)


@group.command("distrust")
def distrust(
    certificate: Authority,
    key: Key,
    reason: Reason,
    why: Why = "idp pki trust distrust",
    break_glass: Glass = None,
    as_json: AsJson = False,
) -> None:
    """Take all trust from an authority: its key vouches for nobody any more, in whatever certificate it stands.

    Example: idp pki trust distrust ca.pem --key operator.key --reason key-leaked
    """
    gone = Distrusted(_authority_in(certificate), trust_options.reason(reason))
    signing = _Signing(key, why, break_glass)
    after = _change(lambda trust: trust if gone in trust.distrusted else trust.with_distrusted(gone), signing, as_json)
    if not after.has_key_of(gone.certificate):
        typer.echo("No anchor and no issuer on the list has its key: is it the right file?", err=True)


@group.command("block")
def block(
    certificate: Authority,
    key: Key,
    reason: Reason,
    first: Annotated[str, typer.Argument(help="The first serial number, such as 4096, 0x1000 or 10:00.")] = "",
    last: Annotated[str, typer.Argument(help="The last one; else only that one is blocked.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Every certificate it has issued.")] = False,
    why: Why = "idp pki trust block",
    break_glass: Glass = None,
    as_json: AsJson = False,
) -> None:
    """Let certificates of an authority count for nothing: one, a range of serial numbers, or all of them.

    Example: idp pki trust block ca.pem 0x5401 0x54ff --key operator.key --reason weak-key
    """
    if everything == bool(first or last):
        raise typer.BadParameter("give serial numbers, or --all", param_hint="FIRST")
    lowest, highest = (0, LARGEST_SERIAL) if everything else trust_options.serials(first, last)
    blocked = Block(_authority_in(certificate), lowest, highest, trust_options.reason(reason))

    def with_it(trust: TrustList) -> TrustList:
        if not trust.has_key_of(blocked.issuer):
            raise BadTrustList("authority_not_listed")
        return trust if blocked in trust.blocks else trust.with_block(blocked)

    _change(with_it, _Signing(key, why, break_glass), as_json)


@group.command("restore")
def restore(
    certificate: Authority,
    key: Key,
    first: Annotated[str, typer.Argument(help="The first serial number of one block, as block was told it.")] = "",
    last: Annotated[str, typer.Argument(help="Its last one; else the block of only that one.")] = "",
    why: Why = "idp pki trust restore",
    break_glass: Glass = None,
    as_json: AsJson = False,
) -> None:
    """Take back what was said against an authority: one block, or (without a number) every block, and a distrust.

    It prints what was lifted.

    Example: idp pki trust restore ca.pem 0x5401 0x54ff --key operator.key
    """
    authority = trust_options.certificate_in(certificate)
    block = trust_options.serials(first, last) if first else None

    def without(trust: TrustList) -> TrustList:
        after = trust.with_restored(authority) if block is None else trust.without_block(authority, *block)
        if after == trust:
            raise BadTrustList("nothing_to_restore")
        if block is None:
            lifted = len(trust.distrusted) - len(after.distrusted), len(trust.blocks) - len(after.blocks)
            typer.echo("Lifting all that is said against it: {} of distrust, {} of blocks.".format(*lifted), err=True)
        return after

    _change(without, _Signing(key, why, break_glass), as_json)


@group.command("list")
def list_trust(as_json: AsJson = False) -> None:
    """Show the newest version: anchors with their policies, authorities below them, and who is trusted no more.

    Example: idp pki trust list --json
    """
    versions = _look()
    if versions.first_bad is not None:
        _end("earlier_version")
    _show(read(versions.document) if versions.newest else None, as_json)


@group.command("verify")
def verify(as_json: AsJson = False) -> None:
    """Check that a key of IDP_TRUST_KEYS signed the newest version, and that all are there and follow each other.

    Ends with 1 if not. Names versions that keys signed which are not in IDP_TRUST_KEYS any more: the one after them
    vouches for those.

    Example: idp pki trust verify --json
    """
    versions = _look()
    bad = versions.first_bad
    if as_json:
        _print_json({"newest": versions.newest, "first_bad": bad, "by_other_keys": versions.by_others})
    elif bad is not None:
        said = f"Version {bad} is missing, not signed by us, or does not follow the one before: nobody is trusted."
        typer.echo(said, err=True)
    elif versions.newest == 0:
        typer.echo("There is no trust list yet.")
    else:
        one, several = (
            "The only version is signed.",
            f"All {versions.newest} versions are signed and follow each other.",
        )
        typer.echo(one if versions.newest == 1 else several)
    if versions.by_others and not as_json:
        numbers = ", ".join(map(str, versions.by_others))
        typer.echo(f"Signed by a key that is not in IDP_TRUST_KEYS, and held by the version after it: {numbers}.")
    if bad is not None:
        raise typer.Exit(1)


@group.command("resign")
def resign_list(
    key: Key, why: Why = "idp pki trust resign", break_glass: Glass = None, as_json: AsJson = False
) -> None:
    """Sign what the newest version says with your key, as a new version: before another's key leaves IDP_TRUST_KEYS.

    Example: idp pki trust resign --key new.key
    """
    _add_version(resign, _Signing(key, why, break_glass), as_json)


def _authority_in(file: Path) -> Certificate:
    """One to take trust from. Nobody looks for a person's among those, so it would go on counting."""
    certificate = trust_options.certificate_in(file)
    try:
        if is_authority(certificate):
            return certificate
    except CertificateRefused as refusal:
        _end(refusal.reason)
    typer.echo(_SENTENCES["not_an_authority"], err=True)
    serial = f"0x{certificate.parsed.serial_number:x}"
    typer.echo(f"To refuse it, name the authority that issued it: idp pki trust block CA.pem {serial} …", err=True)
    raise typer.Exit(1)


def _change(alter: Alter, signing: _Signing, as_json: bool) -> TrustList:
    before: list[TrustList] = []

    def noted(trust: TrustList) -> TrustList:
        before.append(trust)
        return alter(trust)

    after = _add_version(lambda database, **signed: change(database, noted, **signed), signing, as_json)
    if not as_json:
        for line in trust_differences.lines(before[-1], after):
            typer.echo(line)
    return after


def _add_version(act: Callable[..., Awaitable[Signed]], signing: _Signing, as_json: bool) -> TrustList:
    key = trust_options.private_key_in(signing.key)
    settings = Settings.from_environ()
    keys = operator_keys.from_texts(settings.trust_keys)
    signed: dict[str, Any] = {"key": key, "keys": keys, "why": signing.why, "glass": signing.glass}
    try:
        done = asyncio.run(with_database(settings, lambda database: act(database, **signed, now=Clock().now())))
    except BadTrustList as refusal:
        _end(refusal.reason)
    except ProposalWithoutReason as refusal:
        _end(refusal.code)
    _tell(done, settings, as_json)
    return done.trust


def _tell(done: Signed, settings: Settings, as_json: bool) -> None:
    if done.submitted.way is Way.PROPOSED and as_json:
        _print_json(said.as_json(done.submitted, settings))
    elif as_json:
        _show(done.trust, as_json)
    elif done.submitted.way is Way.PROPOSED:
        typer.echo(said.sentence(done.submitted, settings))
        typer.echo(f"It would be version {done.trust.version}:")
    else:
        typer.echo(f"Version {done.trust.version} of the trust list is in force.")
        if done.submitted.way is Way.BROKEN_GLASS:
            typer.echo(said.sentence(done.submitted, settings))


def _look() -> trust_store.Versions:
    settings = Settings.from_environ()
    keys = operator_keys.from_texts(settings.trust_keys)
    return asyncio.run(with_database(settings, lambda database: database.read(trust_store.look, keys)))


def _show(trust: TrustList | None, as_json: bool) -> None:
    if as_json:
        _print_json(trust_shown.as_json(trust) if trust else None)
        return
    for line in trust_shown.lines(trust) if trust else ("There is no trust list yet.",):
        typer.echo(line)


def _end(reason: str) -> NoReturn:
    typer.echo(_SENTENCES.get(reason, f"That cannot be: {reason}."), err=True)
    raise typer.Exit(1)


def _print_json(value: Any) -> None:
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z).decode())
