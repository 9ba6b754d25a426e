// Opens JWEs with npm's jose: lines {"jwk": {...}, "token": "..."} in, {"header": {...}, "content": "..."} out.

import * as readline from 'node:readline';
import { compactDecrypt, importJWK } from 'jose';

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { jwk, token } = JSON.parse(line);
  const { plaintext, protectedHeader } = await compactDecrypt(token, await importJWK(jwk, protectedHeaderAlg(token)));
  console.log(JSON.stringify({ header: protectedHeader, content: new TextDecoder().decode(plaintext) }));
}

function protectedHeaderAlg(token) {
  return JSON.parse(Buffer.from(token.split('.')[0], 'base64url').toString()).alg;
}
