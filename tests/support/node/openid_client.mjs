// A portal on npm's openid-client, driven by JSON lines: {"do": NAME, ...} in, {"value": ...} or {"error": ...} out.
// tests/support/openid_client.py is the other end.

import * as readline from 'node:readline';
import * as client from 'openid-client';

const ES256 = { name: 'ECDSA', namedCurve: 'P-256' };

let config;
// What the library needs again at the callback, by state: it keeps nothing itself.
const begun = new Map();

async function authentication({ method, secret, jwk }) {
  switch (method) {
    case 'client_secret_basic':
      return client.ClientSecretBasic(secret);
    case 'client_secret_post':
      return client.ClientSecretPost(secret);
    case 'private_key_jwt': {
      const key = await crypto.subtle.importKey('jwk', jwk, ES256, false, ['sign']);
      return client.PrivateKeyJwt({ key, kid: jwk.kid });
    }
    case 'none':
      return client.None();
    default:
      throw new TypeError(`unknown client authentication method ${method}`);
  }
}

function tokens(answer) {
  return { ...answer, claims: answer.claims() };
}

const acts = {
  async discover({ issuer, client_id, metadata, ...credentials }) {
    config = await client.discovery(new URL(issuer), client_id, metadata ?? {}, await authentication(credentials), {
      // Tests are on loopback, over plain http. Without the second, ID tokens from the token endpoint are
      // taken on trust in the connection and the keys of the provider are never asked for.
      execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
    });
    return config.serverMetadata();
  },

  async authorization_url({ parameters }) {
    const verifier = client.randomPKCECodeVerifier();
    const nonce = client.randomNonce();
    const state = client.randomState();
    const url = client.buildAuthorizationUrl(config, {
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      nonce,
      state,
      ...parameters,
    });
    begun.set(state, { verifier, nonce });
    return url.href;
  },

  async exchange({ callback, posted }) {
    const address = new URL(callback);
    const state = posted ? posted.state : address.searchParams.get('state');
    const { verifier, nonce } = begun.get(state) ?? {};
    const answer = posted ? new Request(address, { method: 'POST', body: new URLSearchParams(posted) }) : address;
    return tokens(
      await client.authorizationCodeGrant(config, answer, {
        pkceCodeVerifier: verifier,
        expectedNonce: nonce,
        expectedState: state,
        idTokenExpected: true,
      }),
    );
  },

  async refresh({ refresh_token, parameters }) {
    return tokens(await client.refreshTokenGrant(config, refresh_token, parameters));
  },

  async client_credentials({ parameters }) {
    return tokens(await client.clientCredentialsGrant(config, parameters));
  },

  userinfo: ({ access_token, subject }) => client.fetchUserInfo(config, access_token, subject),

  introspect: ({ token }) => client.tokenIntrospection(config, token),

  revoke: ({ token, parameters }) => client.tokenRevocation(config, token, parameters),

  end_session_url: ({ parameters }) => client.buildEndSessionUrl(config, parameters).href,
};

function told(error) {
  return {
    name: error.name,
    code: error.code ?? null,
    message: error.message,
    status: error.status ?? error.cause?.status ?? null,
    error: error.error ?? error.cause?.[0]?.parameters?.error ?? null,
    error_description: error.error_description ?? null,
  };
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { do: name, ...rest } = JSON.parse(line);
  let answer;
  try {
    answer = { value: (await acts[name](rest)) ?? null };
  } catch (error) {
    answer = { error: told(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
