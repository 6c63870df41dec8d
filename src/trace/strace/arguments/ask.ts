import { unquote, utf8 } from '../unquote.ts';
import type { Argument } from './argument.ts';
import { type FdTarget, targetOf } from './target.ts';

/** The number of a descriptor, and what it is where the log tells (-y); AT_FDCWD is -100. */
export function fdOf(argument: Argument | undefined): { fd: number; target?: FdTarget } | undefined {
  if (argument?.kind !== 'number' && argument?.kind !== 'flags') return undefined;
  const { shown } = argument;
  const target = shown === undefined ? {} : { target: targetOf(shown) };
  if (argument.kind === 'number') return { fd: argument.value, ...target };
  return argument.names[0] === 'AT_FDCWD' && argument.names.length === 1
    ? { fd: AT_FDCWD, ...target }
    : undefined;
}

const AT_FDCWD = -100;

/** A number, also one that strace shows something with. */
export function numberIn(argument: Argument | undefined): number | undefined {
  return argument?.kind === 'number' ? argument.value : undefined;
}

/** A string, decoded as UTF-8; undefined for what is none (an address, `NULL`). It may be cut: `truncated`. */
export function stringOf(argument: Argument | undefined): string | undefined {
  return argument?.kind === 'string' ? utf8(unquote(argument.quoted)) : undefined;
}

/** The bytes of a string, one character each. */
export function bytesOf(argument: Argument | undefined): string | undefined {
  return argument?.kind === 'string' ? unquote(argument.quoted) : undefined;
}

/** The names and numbers of `A|B|0x4`; of a set its members. `[]` for what is none. */
export function flagsOf(argument: Argument | undefined): readonly string[] {
  if (argument?.kind === 'flags') return argument.names;
  if (argument?.kind === 'number') return [argument.text];
  if (argument?.kind === 'set' || argument?.kind === 'array')
    return argument.items.flatMap((item) => [...flagsOf(item)]);
  return [];
}

/** The value of a field of a struct, or of an argument with a name; searched also in what the call made of it. */
export function fieldOf(argument: Argument | undefined, name: string): Argument | undefined {
  if (argument?.kind === 'array' && argument.items.length === 1) return fieldOf(argument.items[0], name);
  if (argument?.kind !== 'struct') return undefined;
  const found = argument.fields.find((field) => field.name === name);
  return found ?? (argument.changed ? fieldOf(argument.changed, name) : undefined);
}

/** Of `child_stack=NULL, flags=…`: the argument with that name. */
export function argumentNamed(list: readonly Argument[], name: string): Argument | undefined {
  return list.find((argument) => argument.name === name);
}

/** What wait(2) said of a child: `[{WIFEXITED(s) && WEXITSTATUS(s) == 3}]`. */
export interface WaitStatus {
  readonly status?: number;
  /** Killed by it, or with `stopped` stopped by it. */
  readonly signal?: string;
  readonly core?: boolean;
  readonly stopped?: boolean;
  readonly continued?: boolean;
}

/** The status argument of wait4 and waitpid; undefined where it is none, or was not filled in. */
export function waitStatusOf(argument: Argument | undefined): WaitStatus | undefined {
  const text = argument?.text ?? '';
  const status = /WEXITSTATUS\(s\) == (\d+)/.exec(text)?.[1];
  if (status !== undefined) return { status: Number(status) };
  const killed = /WTERMSIG\(s\) == (SIG\w+)/.exec(text)?.[1];
  if (killed !== undefined)
    return { signal: killed, ...(text.includes('WCOREDUMP(s)') ? { core: true } : {}) };
  const stopped = /WSTOPSIG\(s\) == (SIG\w+)/.exec(text)?.[1];
  if (stopped !== undefined) return { signal: stopped, stopped: true };
  return text.includes('WIFCONTINUED(s)') ? { continued: true } : undefined;
}
