import { sanitize } from '../term/sanitize.ts';
import { writeAll } from '../term/write.ts';
import { beforeDashes } from './before-dashes.ts';
import type { ToldError } from './errors.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** The sentence goes to stderr, and for programs an object to stdout. */
export function fail(error: ToldError, json: boolean): ExitCode {
  if (json) {
    const { code, message } = error;
    writeAll(1, `${JSON.stringify({ schemaVersion: 1, error: { code, message } }, null, 2)}\n`);
  }
  writeAll(2, `procdiag: ${sanitize(error.message)}\n${error.hint === undefined ? '' : `${error.hint}\n`}`);
  return EXIT.FAILED;
}

/** Known before anything is parsed, since the parser may be what fails. */
export function wantsJson(argv: readonly string[]): boolean {
  return beforeDashes(argv).includes('--json');
}
