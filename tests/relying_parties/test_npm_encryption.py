"""npm's openid-client and oauth4webapi read what is encrypted to them."""

from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from tests.support.npm_portal import program_of
from tests.support.portal_file import KEY
from tests.support.provider import Provider


def key_for(algorithm: str) -> ECKey | RSAKey:
    named: Any = {"kid": "encryption", "use": "enc", "alg": algorithm}
    if algorithm.startswith("RSA"):
        return RSAKey.generate_key(2048, named, private=True)
    return ECKey.generate_key("P-256", named, private=True)


@pytest.mark.parametrize(
    ("algorithm", "encryption", "signed"),
    [
        ("RSA-OAEP-256", "A256GCM", None),
        ("RSA-OAEP-256", "A128CBC-HS256", "ES256"),
        ("ECDH-ES", "A128GCM", "PS256"),
        ("ECDH-ES+A128KW", "A128CBC-HS256", None),
        ("ECDH-ES+A256KW", "A256CBC-HS512", "EdDSA"),
    ],
)
def test_id_tokens_and_userinfo_are_read(
    provider: Provider, library: str, algorithm: str, encryption: str, signed: str | None
) -> None:
    key = key_for(algorithm)
    registered = provider.portal(
        jwks={"keys": [KEY.as_dict(private=False), key.as_dict(private=False)]},
        refresh="session",
        scope="openid profile",
        id_token_encrypted_response_alg=algorithm,
        id_token_encrypted_response_enc=encryption,
        userinfo_signed_response_alg=signed,
        # What is encrypted and not signed neither of them reads; tests/protocol/test_encryption.py does.
        userinfo_encrypted_response_alg=algorithm if signed else None,
        userinfo_encrypted_response_enc=encryption if signed else None,
    )
    decryption = {"jwks": [key.as_dict(private=True)], "encs": [encryption]}
    visitor = provider.visitor()
    with program_of(library, registered, decryption=decryption) as portal:
        address = portal.authorization_url(redirect_uri=registered.callback, scope="openid profile")
        visitor.browser.open(address)
        tokens = portal.exchange(visitor.goes_on().url)
        assert tokens["id_token"].count(".") == 4
        person = portal.userinfo(tokens)
        assert person["sub"] == tokens["claims"]["sub"]
        assert person["name"]
        assert portal.refresh(tokens["refresh_token"])["claims"]["sub"] == person["sub"]
