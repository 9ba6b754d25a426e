// Keys of a portal, from private JWKs that name their algorithm, and its connections with or without a certificate.

import * as undici from 'undici';

const SIGNING = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  EdDSA: { name: 'Ed25519' },
};

const DECRYPTING = {
  'RSA-OAEP': [{ name: 'RSA-OAEP', hash: 'SHA-1' }, ['decrypt']],
  'RSA-OAEP-256': [{ name: 'RSA-OAEP', hash: 'SHA-256' }, ['decrypt']],
  'ECDH-ES': [{ name: 'ECDH', namedCurve: 'P-256' }, ['deriveBits']],
  'ECDH-ES+A128KW': [{ name: 'ECDH', namedCurve: 'P-256' }, ['deriveBits']],
  'ECDH-ES+A256KW': [{ name: 'ECDH', namedCurve: 'P-256' }, ['deriveBits']],
};

// What a JWK says of its use is for who reads the published one.
function bare({ alg, use, key_ops, kid, ...members }) {
  return members;
}

export async function signingKey(jwk) {
  const key = await crypto.subtle.importKey('jwk', bare(jwk), SIGNING[jwk.alg], false, ['sign']);
  return { key, kid: jwk.kid };
}

export async function decryptionKey(jwk) {
  const [algorithm, usages] = DECRYPTING[jwk.alg];
  return { key: await crypto.subtle.importKey('jwk', bare(jwk), algorithm, false, usages), alg: jwk.alg, kid: jwk.kid };
}

// A fetch that trusts `authority` alone and shows `certificate`, all in PEM.
export function connection({ authority, certificate, key }) {
  const dispatcher = new undici.Agent({ connect: { ca: authority, cert: certificate, key } });
  return (address, options) => undici.fetch(address, { ...options, dispatcher });
}
