import { helpHint, tell, USAGE } from './errors.ts';
import type { ExitCode } from './exit-codes.ts';
import { fail, wantsJson } from './fail.ts';
import { registry } from './registry.ts';
import { nearest } from './suggest.ts';

/** What ended the program is told, whatever was thrown. */
export function failure(error: unknown, argv: readonly string[]): ExitCode {
  return fail(tell(error, '', []), wantsJson(argv));
}

/** A first word that is no command of ours, with the one that was probably meant. */
export function unknownCommand(word: string, argv: readonly string[]): ExitCode {
  const what = word.startsWith('-') ? 'flag' : 'command';
  const names = what === 'flag' ? ['--help', '--version'] : Object.keys(registry);
  const guess = /^\d+$/.test(word)
    ? `inspect ${word}`
    : /^-?v(?:ersion)?$/i.test(word)
      ? '--version'
      : nearest(word, names);
  const ask = guess === undefined ? '' : `: did you mean procdiag ${guess}?`;
  return fail(
    { code: USAGE, message: `unknown ${what} ${JSON.stringify(word)}${ask}`, hint: helpHint('') },
    wantsJson(argv),
  );
}
