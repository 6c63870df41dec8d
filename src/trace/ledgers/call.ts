import type { SyscallEvent } from '../event.ts';

/** A descriptor as an argument or a result: its number and, of `strace -y`, what it is. */
export interface DescriptorArgument {
  readonly fd: number;
  /** `/etc/passwd`, `pipe:[77]`, `anon_inode:[eventpoll]`; as strace prints it, so `>` and newlines are escaped. */
  readonly target?: string;
}

/** A system call with its arguments taken apart, be they strace's text or perf's bare registers. */
export interface Call {
  readonly event: SyscallEvent;
  readonly args: readonly string[];
  /** Registers in hexadecimal: what stands in memory (paths, structures, pairs of descriptors) is not known. */
  readonly raw: boolean;
}

/** perf trace tells arguments by name, without those that are 0: of the rest none has its place for sure. */
const NAMED_DESCRIPTOR = /^(?:fd|fildes|oldfd): (?=\d)/;

/** Takes the arguments of a call apart. */
export function callOf(event: SyscallEvent): Call {
  const raw = isRaw(event);
  return { event, args: splitArguments(raw ? event.args.replace(NAMED_DESCRIPTOR, '') : event.args), raw };
}

/** The first argument of a call that perf alone saw, of which no other counts. */
export function firstRaw(args: string): string | undefined {
  return args.startsWith('0x')
    ? args.split(',', 1)[0]
    : splitArguments(args.replace(NAMED_DESCRIPTOR, ''))[0];
}

/** perf alone saw the call: its arguments are registers. */
export function isRaw(event: SyscallEvent): boolean {
  return !event.sources.includes('strace');
}

/** When it ended; for what has no duration, when it was. */
export function endOf(event: { readonly startNs: number; readonly durationNs?: number }): number {
  return event.startNs + (event.durationNs ?? 0);
}

/** The call did what it was asked to. */
export function succeeded(event: SyscallEvent): event is SyscallEvent & { readonly result: number } {
  return event.errno === undefined && event.result !== undefined && event.result >= 0;
}

/** The text between commas that stand in no string, structure, list or description of a descriptor. */
function splitArguments(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        at = endOfString(text, at);
        break;
      case 0x28: // (
      case 0x5b: // [
      case 0x7b: // {
        depth++;
        break;
      case 0x29:
      case 0x5d:
      case 0x7d:
        depth--;
        break;
      case 0x3c: // < behind a number or AT_FDCWD begins what it is
        if (/[\dD]/.test(text[at - 1] ?? '') && text[at + 1] !== '<') at = endOfTarget(text, at);
        break;
      case 0x2c: // ,
        if (depth === 0) {
          parts.push(text.slice(from, at).trim());
          from = at + 1;
        }
    }
  }
  const last = text.slice(from).trim();
  if (last !== '' || parts.length > 0) parts.push(last);
  return parts;
}

function endOfString(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

/** Of `<…>`: paths have their own brackets escaped, but `-yy` writes `<TCP:[a->b]>` and `<char 1:3>` inside. */
function endOfTarget(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '<') depth++;
    else if (text[at] === '>' && text[at - 1] !== '-' && --depth === 0) return at;
  }
  return text.length;
}

const DESCRIPTOR = /^(-?\d+)(?:<(.*)>)?(\(deleted\))?$/s;

/** Of `3</path>`, `3` or, raw, `0x3`; undefined for what is no descriptor (-1, AT_FDCWD, NULL). */
export function descriptorIn(text: string | undefined): DescriptorArgument | undefined {
  if (text === undefined) return undefined;
  if (text.startsWith('0x')) {
    // A register: its upper half may be anything.
    const fd = Number(BigInt.asIntN(32, hexadecimal(text)));
    return fd >= 0 ? { fd } : undefined;
  }
  const [, digits, target, deleted] = DESCRIPTOR.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const fd = Number(digits);
  if (!(fd >= 0 && fd <= 0x7fff_ffff)) return undefined;
  return target === undefined ? { fd } : { fd, target: target + (deleted === undefined ? '' : ' (deleted)') };
}

function hexadecimal(text: string): bigint {
  return /^0x[\da-f]{1,16}$/i.test(text) ? BigInt(text) : -1n;
}

/** The argument at `index`, if that is a descriptor. */
export function descriptorAt(call: Call, index: number): DescriptorArgument | undefined {
  return descriptorIn(call.args[index]);
}

/** The descriptor that the call returned, with what `-y` says of it. */
export function descriptorReturned(event: SyscallEvent): DescriptorArgument | undefined {
  if (!succeeded(event)) return undefined;
  const [, target, deleted] = /^<(.*)>(\(deleted\))?$/s.exec(event.resultText ?? '') ?? [];
  return target === undefined
    ? { fd: event.result }
    : { fd: event.result, target: target + (deleted === undefined ? '' : ' (deleted)') };
}

/** What `--decode-pids=pidns` adds where the number is that of another namespace: the number outside. */
const OUTSIDE = /\/\* (\d+) in strace's PID NS \*\//;

/** A process number as the caller knows it, and as the host does where strace says so. */
export function pidAt(
  call: Call,
  index: number,
): { readonly local: number; readonly host?: number } | undefined {
  const text = call.args[index];
  const local = text?.startsWith('0x')
    ? Number(BigInt.asIntN(32, hexadecimal(text)))
    : Number(/^-?\d+/.exec(text ?? '')?.[0] ?? Number.NaN);
  if (Number.isNaN(local)) return undefined;
  const host = OUTSIDE.exec(text ?? '')?.[1];
  return host === undefined ? { local } : { local, host: Number(host) };
}

/** The same of the process that a call returned. */
export function pidReturned(
  event: SyscallEvent,
): { readonly local: number; readonly host?: number } | undefined {
  if (!succeeded(event) || event.result === 0) return undefined;
  const host = OUTSIDE.exec(event.resultText ?? '')?.[1];
  return host === undefined ? { local: event.result } : { local: event.result, host: Number(host) };
}

/** All descriptors in a text: `[3<pipe:[7]>, 4<pipe:[7]>]`. */
export function descriptorsWithin(text: string): DescriptorArgument[] {
  const inner = /^\[(.*)\]$/s.exec(text.trim())?.[1];
  if (inner === undefined) return [];
  return splitArguments(inner).flatMap((part) => descriptorIn(part) ?? []);
}

/** A number: decimal, hexadecimal, octal as strace prints modes; undefined for names and structures. */
export function numberAt(call: Call, index: number): number | undefined {
  const text = call.args[index];
  if (text === undefined) return undefined;
  const plain = /^(-?\d+|0x[\da-f]{1,16})(?:<.*>)?(?: \/\*.*\*\/)?$/is.exec(text)?.[1];
  if (plain === undefined) return undefined;
  const value = Number(plain);
  return Number.isFinite(value) ? value : undefined;
}

/** Is the flag set: by its name, or by its bit where the argument is a bare number; undefined where it cannot be told. */
export function flagAt(call: Call, index: number, name: string, bit: number): boolean | undefined {
  const text = call.args[index];
  if (text === undefined) return undefined;
  if (hasWord(text, name)) return true;
  if (/^0x[\da-f]{1,16}$/i.test(text)) return (BigInt(text) & BigInt(bit)) !== 0n;
  if (/^\d{1,15}$/.test(text)) return (BigInt(text) & BigInt(bit)) !== 0n;
  return !call.raw && /[A-Z]/.test(text) ? false : undefined;
}

function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!/\w/.test(text[at - 1] ?? '') && !/\w/.test(text[at + word.length] ?? '')) return true;
  }
  return false;
}

/** A word such as a command: by its name, or by its number where the argument is a bare one. */
export function isWord(call: Call, index: number, name: string, value: number): boolean {
  return call.args[index] === name || numberAt(call, index) === value;
}

/** What stands between the quotes, still escaped; `…` behind it where strace has cut it. Undefined: no string. */
export function stringAt(call: Call, index: number): string | undefined {
  const [, text, cut] = /^"(.*)"(\.\.\.)?$/s.exec(call.args[index] ?? '') ?? [];
  return text === undefined ? undefined : text + (cut === undefined ? '' : '…');
}
