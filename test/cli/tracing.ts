import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { execa } from 'execa';
import { expect } from 'vitest';
import { bin } from './procdiag.ts';

/** `procdiag trace` of the built program, with relative names in `directory`. */
export function traceIn(
  directory: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
) {
  return execa(process.execPath, [bin, 'trace', ...argv], {
    cwd: directory,
    env: { COLUMNS: '80', LC_ALL: 'C.UTF-8', NO_COLOR: '1', ...env },
    stdin: 'ignore',
    reject: false,
    timeout: 100_000,
    // Else execa follows a SIGTERM with a SIGKILL, which a starved machine calls for.
    forceKillAfterDelay: false,
  });
}

const schema = new URL('../../src/report/schema/trace.schema.json', import.meta.url);
const valid = new Ajv2020({
  allErrors: true,
  strict: true,
  strictRequired: false,
  formats: { 'date-time': true },
}).compile(JSON.parse(readFileSync(schema, 'utf8')) as object);

/** Holds the answer of `trace --json` to its schema. */
export function expectValid(answer: unknown): void {
  expect(valid(answer), JSON.stringify(valid.errors)).toBe(true);
}
