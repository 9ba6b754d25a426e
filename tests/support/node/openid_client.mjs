// A portal on npm's openid-client.

import * as client from 'openid-client';

import { connection, decryptionKey, signingKey } from './keys.mjs';
import { serve } from './lines.mjs';

let config;
let signing;
let options; // those of every call that may carry a DPoP proof
let begun; // what the library needs again at the callback: it keeps nothing itself

function authentication({ method, secret }) {
  switch (method) {
    case 'client_secret_basic':
      return client.ClientSecretBasic(secret);
    case 'client_secret_post':
      return client.ClientSecretPost(secret);
    case 'private_key_jwt':
      return client.PrivateKeyJwt(signing);
    case 'tls_client_auth':
    case 'self_signed_tls_client_auth':
      return client.TlsClientAuth();
    case 'none':
      return client.None();
    case undefined:
      return undefined; // as the library chooses
    default:
      throw new TypeError(`unknown client authentication method ${method}`);
  }
}

async function settings({ jwk, tls }) {
  signing = jwk && (await signingKey(jwk));
  return {
    [client.customFetch]: tls && connection(tls),
    // Most tests are on loopback, over plain http. Without the second, ID tokens from the token endpoint are
    // taken on trust in the connection and the keys of the provider are never asked for.
    execute: [...(tls ? [] : [client.allowInsecureRequests]), client.enableNonRepudiationChecks],
  };
}

async function prepare({ dpop, jarm, decryption }) {
  options = {};
  if (dpop) {
    options.DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair(dpop));
  }
  if (jarm) {
    client.useJwtResponseMode(config);
  }
  if (decryption) {
    const keys = await Promise.all(decryption.jwks.map(decryptionKey));
    client.enableDecryptingResponses(config, decryption.encs, ...keys);
  }
}

async function begin(parameters, by) {
  switch (by) {
    case 'query':
      return client.buildAuthorizationUrl(config, parameters);
    case 'request':
      return client.buildAuthorizationUrlWithJAR(config, parameters, signing);
    case 'par':
      return client.buildAuthorizationUrlWithPAR(config, parameters, options);
    case 'request at par': {
      const { searchParams } = await client.buildAuthorizationUrlWithJAR(config, parameters, signing);
      return client.buildAuthorizationUrlWithPAR(config, searchParams, options);
    }
    default:
      throw new TypeError(`unknown way to ask: ${by}`);
  }
}

function tokens(answer) {
  return { ...answer, claims: answer.claims() };
}

serve({
  async discover({ issuer, client_id, metadata, ...rest }) {
    const how = await settings(rest);
    config = await client.discovery(new URL(issuer), client_id, metadata ?? {}, authentication(rest), how);
    await prepare(rest);
    return config.serverMetadata();
  },

  async register({ issuer, metadata, token, ...rest }) {
    const how = await settings(rest);
    const given = { ...how, initialAccessToken: token };
    config = await client.dynamicClientRegistration(new URL(issuer), metadata, authentication(rest), given);
    await prepare(rest);
    return config.clientMetadata();
  },

  async authorization_url({ parameters, by }) {
    const verifier = client.randomPKCECodeVerifier();
    const nonce = client.randomNonce();
    const state = client.randomState();
    const url = await begin(
      {
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        nonce,
        state,
        ...parameters,
      },
      by,
    );
    begun = { redirectUri: parameters.redirect_uri, verifier, nonce, state };
    return url.href;
  },

  async exchange({ callback, posted, parameters }) {
    const address = new URL(callback);
    // A thief has begun nothing, and takes what it has caught.
    const { verifier, nonce, state } = begun ?? { state: address.searchParams.get('state') };
    const answer = posted ? new Request(address, { method: 'POST', body: new URLSearchParams(posted) }) : address;
    const checks = {
      pkceCodeVerifier: verifier,
      expectedNonce: nonce,
      expectedState: state,
      idTokenExpected: true,
    };
    return tokens(await client.authorizationCodeGrant(config, answer, checks, parameters, options));
  },

  async refresh({ refresh_token, parameters }) {
    return tokens(await client.refreshTokenGrant(config, refresh_token, parameters, options));
  },

  async client_credentials({ parameters }) {
    return tokens(await client.clientCredentialsGrant(config, parameters, options));
  },

  userinfo: ({ access_token, subject }) => client.fetchUserInfo(config, access_token, subject, options),

  async resource({ access_token, url }) {
    const answer = await client.fetchProtectedResource(config, access_token, new URL(url), 'GET', null, null, options);
    return { status: answer.status, text: await answer.text() };
  },

  introspect: ({ token }) => client.tokenIntrospection(config, token),

  revoke: ({ token, parameters }) => client.tokenRevocation(config, token, parameters),

  end_session_url: ({ parameters }) => client.buildEndSessionUrl(config, parameters).href,
});
