import { getSystemErrorMap } from 'node:util';
import { nearest } from './suggest.ts';

/** `procdiag` was called in a way that it does not understand. */
export const USAGE = 'ERR_USAGE';
/** The call was right, but what it asks for is not to be had: no such process, no right to read, no such file. */
export const CANNOT_LOOK = 'ERR_CANNOT_LOOK';
/** Our own mistake. */
const INTERNAL = 'ERR_INTERNAL';

/** An error that the user can do something about: told in one sentence, without a stack trace. */
export class UserError extends Error {
  readonly code: string;
  /** The message as it was given: oclif writes its own words around that of errors thrown while it parses flags. */
  readonly sentence: string;
  /** What shows the right words, when that is not the help of the command. */
  readonly see: string | undefined;

  constructor(code: string, sentence: string, see?: string) {
    super(sentence);
    this.code = code;
    this.sentence = sentence;
    this.see = see;
  }
}

/** Codes of errors from below that are sentences for the user already. */
const TOLD_BELOW: readonly (string | undefined)[] = ['ERR_BUNDLE'];

export interface ToldError {
  readonly code: string;
  readonly message: string;
  /** What to do next; for people, not part of the JSON. */
  readonly hint?: string;
}

/** What thrown errors carry: oclif's are known by that, since bundling renames their classes. */
interface Thrown {
  readonly message: string;
  readonly oclif?: object;
  /** oclif: flags that the command does not have. */
  readonly flags?: readonly string[];
  /** Of the system: ENOENT, EACCES … */
  readonly code?: string;
  readonly errno?: number;
  readonly syscall?: string;
  readonly path?: string;
}

/** Turns whatever was thrown into what is told of it. `flagNames`: the flags of the command, for suggestions. */
export function tell(error: unknown, id: string, flagNames: readonly string[]): ToldError {
  if (error instanceof UserError) {
    if (error.see !== undefined) return { ...plain(error), hint: `See: ${error.see}` };
    return error.code === USAGE ? { ...plain(error), hint: helpHint(id) } : plain(error);
  }
  const thrown: Thrown = error instanceof Error ? error : { message: String(error) };
  if (thrown.code !== undefined && TOLD_BELOW.includes(thrown.code))
    return { code: thrown.code, message: thrown.message };
  if (thrown.oclif !== undefined) return usageError(thrown, id, flagNames);
  // The system said no (ENOENT, EACCES …) to a file that the user named.
  if (thrown.syscall !== undefined && thrown.code !== undefined)
    return { code: CANNOT_LOOK, message: inWords(thrown) };
  return {
    code: INTERNAL,
    message: `unexpected error: ${thrown.message}`,
    hint: 'This is a bug in procdiag. Please report it, with what PROCDIAG_DEBUG=1 in front of the command prints.',
  };
}

/** An error from below in one line, for a sentence of the caller's. */
export function wordsOf(error: unknown): string {
  const thrown: Thrown = error instanceof Error ? error : { message: String(error) };
  const words = thrown.syscall === undefined || thrown.code === undefined ? thrown.message : inWords(thrown);
  return words.trim().replace(/\s*\n\s*/g, '; ');
}

/** As other programs say it: "/x: no such file or directory", without the name of a system call. */
function inWords({ message, errno, syscall = '', path }: Thrown): string {
  const [, why = message] = getSystemErrorMap().get(errno ?? 0) ?? [];
  if (path === undefined) return why;
  return `${syscall.startsWith('spawn') ? 'cannot start ' : ''}${JSON.stringify(path)}: ${why}`;
}

function plain(error: UserError): ToldError {
  return { code: error.code, message: error.sentence };
}

function usageError(error: Thrown, id: string, flagNames: readonly string[]): ToldError {
  const [unknown] = error.flags ?? [];
  if (unknown === undefined) {
    const [first = ''] = error.message.split('\nSee more help');
    const sentence = first
      .replace(/^The following errors? occurred:/, '')
      .replace(
        /^Missing \d+ required args?:\s*(\w+)\s+/,
        (_, name: string) => `missing ${name.toUpperCase()}: `,
      )
      .trim()
      .replace(/\s*\n\s*/g, '; ');
    return { code: USAGE, message: uncapitalised(sentence), hint: helpHint(id) };
  }
  const name = unknown.split('=')[0] ?? unknown;
  const guess = nearest(name, flagNames);
  return {
    code: USAGE,
    message: `unknown flag ${name}${guess === undefined ? '' : `: did you mean ${guess}?`}`,
    hint: helpHint(id),
  };
}

export function helpHint(id: string): string {
  return `See: procdiag ${id === '' ? '' : `${id} `}--help`;
}

function uncapitalised(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
