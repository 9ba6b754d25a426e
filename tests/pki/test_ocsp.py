"""Answers about one certificate: who may give them, about what, and for how long."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from idp.pki.certificate import Certificate
from idp.pki.ocsp import Answer, Question, read_answer
from idp.pki.refusals import CertificateNotChecked
from tests.pki.mutations import mutations
from tests.support.pki import NOW, YEAR, Authority, Issued, Terms, name, rsa_key

SUBJECT = name("Nguyễn Văn An", "CCCD:003090000001")
HOUR = timedelta(hours=1)
SIGNS_ANSWERS = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False)


@pytest.fixture(scope="module")
def issued(ca: Authority) -> Issued:
    return ca.issue(SUBJECT)


@pytest.fixture(scope="module")
def question(ca: Authority, issued: Issued) -> Question:
    return Question.about(Certificate.read(issued.der), Certificate.read(ca.der))


def answer(der: bytes, question: Question, *, at: datetime = NOW, longest_age: timedelta = 24 * HOUR) -> Answer:
    """As we read it."""
    return read_answer(der, question, longest_age=longest_age, at=at)


def why_not(der: bytes, question: Question, **asked: Any) -> str:
    """Why it is no answer."""
    with pytest.raises(CertificateNotChecked) as refused:
        answer(der, question, **asked)
    return refused.value.reason


def test_the_question_names_the_certificate_and_cannot_be_foreseen(ca: Authority, issued: Issued) -> None:
    asked = [Question.about(Certificate.read(issued.der), Certificate.read(ca.der)) for _ in range(2)]
    first, second = (ocsp.load_der_ocsp_request(each.der) for each in asked)
    assert first.serial_number == issued.certificate.serial_number
    nonces = [each.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce for each in (first, second)]
    assert nonces == [each.nonce for each in asked]
    assert nonces[0] != nonces[1]
    assert len(nonces[0]) == 32
    assert repr(asked[0]).count("nonce") == 0


@pytest.mark.parametrize("by_name", [False, True])
def test_the_authority_itself_answers(ca: Authority, issued: Issued, question: Question, by_name: bool) -> None:
    good = ca.ocsp(issued.certificate, by_name=by_name, nonce=question.nonce)
    assert answer(good, question) == Answer(is_revoked=False, responder=None)
    revoked = ca.ocsp(issued.certificate, by_name=by_name, status=ocsp.OCSPCertStatus.REVOKED)
    assert answer(revoked, question) == Answer(is_revoked=True, responder=None)


def test_an_authority_with_an_rsa_key_answers_too(ca: Authority) -> None:
    rsa = ca.issue_authority("CA RSA", key=rsa_key(2048))
    issued = rsa.issue(SUBJECT)
    question = Question.about(Certificate.read(issued.der), Certificate.read(rsa.der))
    assert not answer(rsa.ocsp(issued.certificate), question).is_revoked


@pytest.mark.parametrize("by_name", [False, True])
def test_somebody_answers_in_its_name(ca: Authority, issued: Issued, question: Question, by_name: bool) -> None:
    responder = ca.issue_responder()
    der = ca.ocsp(issued.certificate, responder=responder, by_name=by_name)
    assert answer(der, question) == Answer(is_revoked=False, responder=None)
    assert why_not(ca.ocsp(issued.certificate, responder=responder, with_certificate=False), question) == "ocsp_forged"


def test_whoever_is_not_said_to_be_trusted_always_is_asked_about(
    ca: Authority, issued: Issued, question: Question
) -> None:
    responder = ca.issue_responder(terms=Terms(extensions=[SIGNS_ANSWERS]))
    said = answer(ca.ocsp(issued.certificate, responder=responder), question)
    assert said.responder is not None
    assert said.responder.der == responder.der


def test_nobody_else_may(ca: Authority, issued: Issued, question: Question) -> None:
    other = Authority.root("CA thử nghiệm")
    strangers = [
        ca.issue_responder(terms=Terms()),
        ca.issue_responder(terms=Terms(extensions=[(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)])),
        ca.issue_responder(terms=Terms(ends=NOW - YEAR / 2, extensions=[SIGNS_ANSWERS])),
        ca.issue(name("OCSP"), key=rsa_key(1024), terms=Terms(extensions=[SIGNS_ANSWERS])),
        other.issue_responder(),
        ca.issue_authority("CA cấp dưới").issue_responder(),
    ]
    for stranger in strangers:
        assert why_not(ca.ocsp(issued.certificate, responder=stranger), question) == "ocsp_forged"
    assert why_not(other.ocsp(issued.certificate), question) == "ocsp_forged"
    assert why_not(other.ocsp(issued.certificate, by_name=True), question) == "ocsp_forged"


def test_an_answer_to_another_question_is_none(ca: Authority, issued: Issued, question: Question) -> None:
    another = ca.issue(SUBJECT)
    assert why_not(ca.ocsp(another.certificate), question) == "ocsp_about_another"
    assert why_not(ca.ocsp(issued.certificate, nonce=b"n" * 32), question) == "ocsp_other_nonce"
    # The same serial number under another authority.
    twin = Authority(ca.certificate, ca.key)
    other = Question(question.certificate, Certificate.read(Authority.root("Gốc khác").der), question.nonce)
    assert why_not(twin.ocsp(issued.certificate), other) == "ocsp_forged"


def test_time(ca: Authority, issued: Issued, question: Question) -> None:
    der = ca.ocsp(issued.certificate)
    assert not answer(der, question, at=NOW + 11 * HOUR).is_revoked
    assert why_not(der, question, at=NOW + 11 * HOUR + timedelta(seconds=1)) == "ocsp_stale"
    assert why_not(der, question, longest_age=HOUR - timedelta(seconds=1)) == "ocsp_too_old"
    assert not answer(der, question, at=NOW - HOUR - timedelta(minutes=5)).is_revoked
    assert why_not(der, question, at=NOW - HOUR - timedelta(minutes=6)) == "ocsp_from_the_future"
    endless = ca.ocsp(issued.certificate, next_update=None)
    assert not answer(endless, question, at=NOW + 23 * HOUR).is_revoked
    assert why_not(endless, question, at=NOW + 24 * HOUR) == "ocsp_too_old"


def test_whoever_does_not_know_has_not_said_that_it_holds(ca: Authority, issued: Issued, question: Question) -> None:
    unknown = ca.ocsp(issued.certificate, status=ocsp.OCSPCertStatus.UNKNOWN)
    assert answer(unknown, question) == Answer(is_revoked=False, responder=None, is_known=False)


@pytest.mark.parametrize("status", [each for each in ocsp.OCSPResponseStatus if each.value])
def test_a_responder_that_gives_no_answer(question: Question, status: ocsp.OCSPResponseStatus) -> None:
    der = ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
    assert why_not(der, question) == f"ocsp_{status.name.lower()}"


def test_changed_bytes_are_no_answer(ca: Authority, issued: Issued, question: Question) -> None:
    for mutated in mutations(ca.ocsp(issued.certificate, responder=ca.issue_responder()), 1_000, seed=4):
        try:
            said = answer(mutated, question)
        except CertificateNotChecked:
            continue
        # What is not signed may change: the responder's own certificate has parts that decide nothing.
        assert not said.is_revoked
