// JSON lines: {"do": NAME, ...} in, {"value": ...} or {"error": ...} out. tests/support/npm_portal.py is the other end.

import * as readline from 'node:readline';

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

export async function serve(acts) {
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
}
