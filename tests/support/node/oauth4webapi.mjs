// A portal on npm's oauth4webapi, which leaves each step to its user: what is asked, what is checked, what is repeated.

import { compactDecrypt } from 'jose';
import * as oauth from 'oauth4webapi';

import { connection, decryptionKey, signingKey } from './keys.mjs';
import { serve } from './lines.mjs';

let as;
let portal;
let auth;
let signing;
let jarm;
let calls; // options of every call
let proofs; // and of those that may carry a DPoP proof
let reading; // options of every answer that may be encrypted
let begun; // what is needed again at the callback

function authentication({ method, secret }) {
  switch (method) {
    case 'client_secret_basic':
      return oauth.ClientSecretBasic(secret);
    case 'client_secret_post':
      return oauth.ClientSecretPost(secret);
    case 'private_key_jwt':
      return oauth.PrivateKeyJwt(signing);
    case 'tls_client_auth':
    case 'self_signed_tls_client_auth':
      return oauth.TlsClientAuth();
    case 'none':
      return oauth.None();
    default:
      throw new TypeError(`unknown client authentication method ${method}`);
  }
}

async function discover(issuer, { jwk, tls }) {
  signing = jwk && (await signingKey(jwk));
  calls = tls ? { [oauth.customFetch]: connection(tls) } : { [oauth.allowInsecureRequests]: true };
  const address = new URL(issuer);
  as = await oauth.processDiscoveryResponse(address, await oauth.discoveryRequest(address, calls));
}

async function prepare({ dpop, decryption, ...rest }) {
  jarm = rest.jarm;
  proofs = { ...calls };
  if (dpop) {
    proofs.DPoP = oauth.DPoP(portal, await oauth.generateKeyPair(dpop));
  }
  reading = decryption ? { [oauth.jweDecrypt]: await decrypter(decryption) } : {};
}

async function decrypter({ jwks, encs }) {
  const keys = await Promise.all(jwks.map(decryptionKey));
  return async (jwe) => {
    const find = ({ alg, kid }) => keys.find((each) => each.alg === alg && each.kid === kid)?.key;
    const { plaintext } = await compactDecrypt(jwe, find, { contentEncryptionAlgorithms: encs });
    return new TextDecoder().decode(plaintext);
  };
}

// RFC 9449 §8: once more, with the nonce that the handle took from the refusal.
async function withNonce(ask) {
  try {
    return await ask();
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) {
      throw error;
    }
    return ask();
  }
}

async function begin(parameters, by) {
  let query = new URLSearchParams({ client_id: portal.client_id, response_type: 'code', ...parameters });
  if (jarm) {
    query.set('response_mode', 'jwt');
  }
  if (by.startsWith('request')) {
    const request = await oauth.issueRequestObject(as, portal, query, signing);
    query = new URLSearchParams({ client_id: portal.client_id, request });
  }
  if (by.endsWith('par')) {
    const { request_uri } = await withNonce(async () =>
      oauth.processPushedAuthorizationResponse(
        as,
        portal,
        await oauth.pushedAuthorizationRequest(as, portal, auth, query, proofs),
      ),
    );
    query = new URLSearchParams({ client_id: portal.client_id, request_uri });
  }
  return `${as.authorization_endpoint}?${query}`;
}

async function checked(answer, response) {
  if (answer.id_token) {
    await oauth.validateApplicationLevelSignature(as, response, { ...calls, ...reading });
  }
  return { ...answer, claims: oauth.getValidatedIdTokenClaims(answer) };
}

serve({
  async discover({ issuer, client_id, metadata, ...rest }) {
    await discover(issuer, rest);
    portal = { client_id, ...metadata };
    auth = authentication(rest);
    await prepare(rest);
    return as;
  },

  async register({ issuer, metadata, token, ...rest }) {
    await discover(issuer, rest);
    const answer = await oauth.dynamicClientRegistrationRequest(as, metadata, { ...calls, initialAccessToken: token });
    portal = await oauth.processDynamicClientRegistrationResponse(answer);
    auth = authentication({ method: portal.token_endpoint_auth_method, secret: portal.client_secret });
    await prepare(rest);
    return portal;
  },

  async authorization_url({ parameters, by }) {
    const verifier = oauth.generateRandomCodeVerifier();
    const nonce = oauth.generateRandomNonce();
    const state = oauth.generateRandomState();
    begun = { redirectUri: parameters.redirect_uri, verifier, nonce, state };
    return begin(
      {
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        nonce,
        state,
        ...parameters,
      },
      by,
    );
  },

  async exchange({ callback, posted, parameters }) {
    const address = new URL(callback);
    // A thief has begun nothing, and takes what it has caught.
    const caught = { redirectUri: address.origin + address.pathname, state: address.searchParams.get('state') };
    const { redirectUri, verifier, nonce, state } = begun ?? caught;
    const found = posted ? new URLSearchParams(posted) : address;
    const answer = jarm
      ? await oauth.validateJwtAuthResponse(as, portal, found, state, { ...calls, ...reading })
      : oauth.validateAuthResponse(as, portal, found, state);
    const more = { ...proofs, additionalParameters: parameters };
    return withNonce(async () => {
      const asked = [answer, redirectUri, verifier ?? oauth.nopkce, more];
      const response = await oauth.authorizationCodeGrantRequest(as, portal, auth, ...asked);
      const checks = { expectedNonce: nonce, requireIdToken: true, ...reading };
      return checked(await oauth.processAuthorizationCodeResponse(as, portal, response, checks), response);
    });
  },

  refresh: ({ refresh_token, parameters }) =>
    withNonce(async () => {
      const more = { ...proofs, additionalParameters: parameters };
      const response = await oauth.refreshTokenGrantRequest(as, portal, auth, refresh_token, more);
      return checked(await oauth.processRefreshTokenResponse(as, portal, response, reading), response);
    }),

  client_credentials: ({ parameters }) =>
    withNonce(async () => {
      const response = await oauth.clientCredentialsGrantRequest(as, portal, auth, parameters, proofs);
      return oauth.processClientCredentialsResponse(as, portal, response);
    }),

  userinfo: ({ access_token, subject }) =>
    withNonce(async () => {
      const response = await oauth.userInfoRequest(as, portal, access_token, proofs);
      const told = await oauth.processUserInfoResponse(as, portal, subject, response, reading);
      if (portal.userinfo_signed_response_alg) {
        await oauth.validateApplicationLevelSignature(as, response, { ...calls, ...reading });
      }
      return told;
    }),

  resource: ({ access_token, url }) =>
    withNonce(async () => {
      const address = new URL(url);
      const answer = await oauth.protectedResourceRequest(access_token, 'GET', address, undefined, undefined, proofs);
      return { status: answer.status, text: await answer.text() };
    }),

  async introspect({ token }) {
    const response = await oauth.introspectionRequest(as, portal, auth, token, calls);
    const told = await oauth.processIntrospectionResponse(as, portal, response, reading);
    if (portal.introspection_signed_response_alg) {
      await oauth.validateApplicationLevelSignature(as, response, { ...calls, ...reading });
    }
    return told;
  },

  async revoke({ token, parameters }) {
    const more = { ...calls, additionalParameters: parameters };
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, portal, auth, token, more));
  },

  // The library has nothing for signing out: its address is put together by the portal.
  end_session_url: ({ parameters }) =>
    `${as.end_session_endpoint}?${new URLSearchParams({ client_id: portal.client_id, ...parameters })}`,
});
