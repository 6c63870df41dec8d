import { shownEnd } from './shown.ts';

/**
 * The arguments of a system call, as strace prints them, as a tree. Made on demand, for the few calls that somebody wants
 * to look into:
 *
 *     const [where, path, flags] = parseArguments(call.args);
 *     stringOf(path) // '/etc/passwd'
 *     flagsOf(flags) // ['O_RDONLY', 'O_CLOEXEC']
 *
 * Nothing throws, whatever the text; what cannot be read is an `opaque` node that holds it.
 */
export type Argument =
  | NumberArgument
  | StringArgument
  | FlagsArgument
  | ListArgument
  | StructArgument
  | MacroArgument
  | PlainArgument;

interface Base {
  /** As it stands in the log, without the name of its field. */
  readonly text: string;
  /** The field that it is the value of: `st_mode=…`, or `flags=…` of clone. */
  readonly name?: string;
  // What strace says about it: `/* 42 vars */`.
  readonly comment?: string;
  /** What the call made of it: `[16 => 28]`, `{…} => {parent_tid=[12]}`, `msg_namelen=128->12`. */
  readonly changed?: Argument;
}

/** `3`, `-1`, `0644`, `0x7ffe2a`, `8192*1024`, `3</etc/passwd>`, `18680<bash>`. */
export interface NumberArgument extends Base {
  readonly kind: 'number';
  /** Beyond 2^53 it loses its last bits: see `text`. */
  readonly value: number;
  /** -y, -Y: what strace shows with it, decoded: see `targetOf`. */
  readonly shown?: string;
}

export interface StringArgument extends Base {
  readonly kind: 'string';
  /** As strace quoted it, without the quotes: see `stringOf`, `bytesOf`. */
  readonly quoted: string;
  /** It goes on: strace was told to show so much (-s). */
  readonly truncated: boolean;
}

/** `O_RDONLY|O_CLOEXEC`, `S_IFREG|0644`, `SIGCHLD`, `AT_FDCWD</tmp>`; more than one name also of `TCGETS or SNDCTL_TMR_TIMEBASE`. */
export interface FlagsArgument extends Base {
  readonly kind: 'flags';
  readonly names: readonly string[];
  readonly shown?: string;
}

/** `[1, 2]`, and sets: `[HUP INT]`, `~[RTMIN RT_1]`. */
export interface ListArgument extends Base {
  readonly kind: 'array' | 'set';
  readonly items: readonly Argument[];
  /** All but these. */
  readonly inverted: boolean;
  /** `...`: there is more. */
  readonly elided: boolean;
}

/** `{st_mode=S_IFREG|0644, st_size=12, ...}`; without names as strace 4.x has it: `{1, 0}`. */
export interface StructArgument extends Base {
  readonly kind: 'struct';
  readonly fields: readonly Argument[];
  readonly elided: boolean;
}

/** `makedev(0x1, 0x3)`, `htons(80)`, `inet_addr("127.0.0.1")`. */
export interface MacroArgument extends Base {
  readonly kind: 'macro';
  readonly macro: string;
  readonly arguments: readonly Argument[];
}

/**
 * `null`: `NULL`. `elision`: `...`. `note`: `<... resuming interrupted poll ...>`, a comment that stands alone. `expression`:
 * `WIFEXITED(s) && WEXITSTATUS(s) == 0`, `52:54:00:12:34:56`. `opaque`: could not be read.
 */
export interface PlainArgument extends Base {
  readonly kind: 'null' | 'elision' | 'note' | 'expression' | 'opaque';
}

/** Deeper than anything that strace prints; what is deeper is opaque. */
const DEEPEST = 64;

/** Reads the text between the parentheses of a call. */
export function parseArguments(text: string): Argument[] {
  return new ArgumentReader(text).all();
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Node = Mutable<Argument>;

const IDENTIFIER = /[A-Za-z_&?$][\w.?]*/y;
const NUMBER = /[-+]?(?:0x[0-9a-fA-F]+|\d+)/y;
/** Not what a string or a path in a list may look like. */
const INDEX = /\[[^\][<"]{1,40}\](?==)/y;
const NOTE = /<[^<>]{1,200}>/y;
const OPERATOR = /\||<<|\*(?!\/)| or /y;
const COMMENT = /\s*\/\*/y;
const ARROW = /->| => /y;
/** Things that strace writes without any structure: addresses of hardware, dates, conditions of wait(2). */
const LOOSE = /[\w.:%+\-\\/ !&=|()?*<>~^]+/y;

class ArgumentReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  #shownEnds: boolean = true;

  constructor(text: string) {
    this.#text = text;
  }

  all(): Argument[] {
    return this.#items('').items;
  }

  /** Values up to `close`, which is taken; '' for the end of the text. */
  #items(close: string): { items: Argument[]; elided: boolean; spaced: boolean } {
    const items: Argument[] = [];
    const text = this.#text;
    let elided = false;
    let spaced = false;
    for (;;) {
      while (text[this.#at] === ' ' || text[this.#at] === '\t') this.#at++;
      const code = text[this.#at];
      if (code === undefined) break;
      if (code === close) {
        this.#at++;
        break;
      }
      if (code === ',') {
        this.#at++;
        continue;
      }
      const before = this.#at;
      const item = this.#named(close);
      if (item.kind === 'elision') elided = true;
      else items.push(item);
      // Whatever happened, it goes on behind it.
      if (this.#at === before) this.#at++;
      const after = text[this.#at];
      if (after === ' ' && close === ']' && text[this.#at + 1] !== ']') spaced = true;
    }
    return { items, elided, spaced };
  }

  /** `name=value` or a value. */
  #named(close: string): Argument {
    const text = this.#text;
    const from = this.#at;
    let name: string | undefined;
    const found = this.#match(IDENTIFIER) ?? this.#index();
    if (
      found !== undefined &&
      text[this.#at] === '=' &&
      text[this.#at + 1] !== '=' &&
      text[this.#at + 1] !== '>'
    ) {
      name = found;
      this.#at++;
    } else this.#at = from;
    const node = this.#value(close);
    if (name !== undefined) node.name = name;
    return node;
  }

  /** `[0x3]` of a designated item: `[0x3]=…`. */
  #index(): string | undefined {
    const text = this.#text;
    if (text[this.#at] !== '[') return undefined;
    return this.#match(INDEX);
  }

  #value(close: string): Node {
    const from = this.#at;
    const node = this.#primary() ?? this.#loose(from, close);
    this.#comment(node);
    if (this.#match(ARROW) !== undefined) {
      node.changed = this.#deeper(close);
    }
    if (this.#ends(close)) {
      node.text = this.#text.slice(from, this.#at).trimEnd();
      return node;
    }
    this.#at = from;
    return this.#loose(from, close);
  }

  #deeper(close: string): Argument {
    if (this.#depth >= DEEPEST) return this.#loose(this.#at, close);
    this.#depth++;
    const node = this.#value(close);
    this.#depth--;
    return node;
  }

  /** Is a value over here? */
  #ends(close: string): boolean {
    const code = this.#text[this.#at];
    return code === undefined || code === ',' || code === close || (code === ' ' && close === ']');
  }

  #comment(node: Node): void {
    while (this.#match(COMMENT) !== undefined) {
      const end = this.#text.indexOf('*/', this.#at);
      const to = end < 0 ? this.#text.length : end;
      const comment = this.#text.slice(this.#at, to).trim();
      node.comment = node.comment === undefined ? comment : `${node.comment}; ${comment}`;
      this.#at = end < 0 ? to : end + 2;
    }
  }

  #primary(): Node | undefined {
    const text = this.#text;
    const from = this.#at;
    const code = text[from]!;
    if (code === '"') return this.#string();
    if ((code === '@' || code === 'L' || code === 'b') && text[from + 1] === '"') {
      this.#at++;
      const node = this.#string();
      // An abstract socket's name begins with a zero byte.
      if (code === '@') node.quoted = `\\0${node.quoted}`;
      return node;
    }
    if (code === '{') return this.#struct();
    if (code === '[' || (code === '~' && text[from + 1] === '[')) return this.#list(code === '~');
    if (code === '.' && text.startsWith('...', from)) {
      this.#at += 3;
      return { kind: 'elision', text: '...' };
    }
    if (code === '<') return this.#note();
    if (code === '/' && text[from + 1] === '*') return { kind: 'note', text: '' };
    return this.#terms();
  }

  #string(): Mutable<StringArgument> {
    const text = this.#text;
    const from = ++this.#at;
    let at = from;
    while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    const closed = at < text.length;
    this.#at = Math.min(at + 1, text.length);
    const more = text.startsWith('...', this.#at);
    if (more) this.#at += 3;
    return { kind: 'string', text: '', quoted: text.slice(from, at), truncated: more || !closed };
  }

  #struct(): Node | undefined {
    if (this.#depth >= DEEPEST) return undefined;
    this.#depth++;
    this.#at++;
    const { items, elided } = this.#items('}');
    this.#depth--;
    return { kind: 'struct', text: '', fields: items, elided };
  }

  #list(inverted: boolean): Node | undefined {
    if (this.#depth >= DEEPEST) return undefined;
    this.#depth++;
    this.#at += inverted ? 2 : 1;
    const { items, elided, spaced } = this.#items(']');
    this.#depth--;
    return { kind: inverted || spaced ? 'set' : 'array', text: '', items, elided, inverted };
  }

  /** `<... resuming interrupted poll ...>`, `<pointer to 0x12>`. */
  #note(): Node | undefined {
    return this.#match(NOTE) === undefined ? undefined : { kind: 'note', text: '' };
  }

  /** Numbers, constants and macros, and what joins them. */
  #terms(): Node | undefined {
    const first = this.#term();
    if (first === undefined) return undefined;
    if (this.#match(OPERATOR) === undefined) return first;
    const from = this.#at;
    const names = [termName(first)];
    let product = first.kind === 'number' ? first.value : Number.NaN;
    let operator = this.#text.slice(from - 1, from);
    for (;;) {
      const next = this.#term();
      if (next === undefined) return undefined;
      // `1<<CAP_CHOWN` is one flag.
      if (operator === '<') names[names.length - 1] += `<<${termName(next)}`;
      else names.push(termName(next));
      product = operator === '*' && next.kind === 'number' ? product * next.value : Number.NaN;
      if (this.#match(OPERATOR) === undefined) break;
      operator = this.#text.slice(this.#at - 1, this.#at);
    }
    if (!Number.isNaN(product)) return { kind: 'number', text: '', value: product };
    return { kind: 'flags', text: '', names };
  }

  #term(): Node | undefined {
    const number = this.#match(NUMBER);
    if (number !== undefined) {
      const node: Mutable<NumberArgument> = { kind: 'number', text: number, value: numberOf(number) };
      const shown = this.#shown();
      if (shown !== undefined) node.shown = shown;
      return node;
    }
    const name = this.#match(IDENTIFIER);
    if (name === undefined) return undefined;
    if (this.#text[this.#at] === '(') {
      if (this.#depth >= DEEPEST) return undefined;
      this.#depth++;
      this.#at++;
      const { items } = this.#items(')');
      this.#depth--;
      return { kind: 'macro', text: `${name}(…)`, macro: name, arguments: items };
    }
    if (name === 'NULL') return { kind: 'null', text: name };
    const node: Mutable<FlagsArgument> = { kind: 'flags', text: name, names: [name] };
    const shown = this.#shown();
    if (shown !== undefined) node.shown = shown;
    return node;
  }

  /** `</path>`, `<TCP:[a->b]>` and `(deleted)` behind a number. */
  #shown(): string | undefined {
    const text = this.#text;
    if (text[this.#at] !== '<' || text[this.#at + 1] === '<') return undefined;
    const end = this.#shownEnds ? shownEnd(text, this.#at) : -1;
    // One without an end is enough: none behind it needs to be looked for.
    this.#shownEnds = end > 0;
    if (end < 0) return undefined;
    const deleted = text.startsWith('(deleted)', end);
    const shown = text.slice(this.#at, deleted ? end + 9 : end);
    this.#at = deleted ? end + 9 : end;
    return shown;
  }

  /** Text without structure up to the end of the value. */
  #loose(from: number, close: string): Node {
    this.#at = from;
    const text = this.#text;
    let depth = 0;
    let plain = true;
    for (; this.#at < text.length; this.#at++) {
      const code = text[this.#at]!;
      if (code === '"') {
        const at = this.#at;
        this.#string();
        this.#at--;
        plain = false;
        if (at === this.#at) break;
      } else if (code === '(' || code === '[' || code === '{') depth++;
      else if (depth === 0 && (code === ',' || code === close)) break;
      else if (code === ')' || code === ']' || code === '}') {
        if (depth === 0) break;
        depth--;
      }
    }
    const found = text.slice(from, this.#at).trimEnd();
    LOOSE.lastIndex = 0;
    const expression =
      plain && LOOSE.exec(found)?.[0] === found && /^(?:W[A-Z]+\(|[\da-f]{2}:|[\d:.]+$|!)/.test(found);
    return { kind: expression ? 'expression' : 'opaque', text: found };
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return found[0];
  }
}

function termName(node: Node): string {
  return node.kind === 'flags' ? node.names.join('|') : node.text;
}

function numberOf(text: string): number {
  const negative = text.startsWith('-');
  const digits = negative || text.startsWith('+') ? text.slice(1) : text;
  const octal = digits.length > 1 && /^0[0-7]+$/.test(digits);
  const value = octal ? Number.parseInt(digits, 8) : Number(digits);
  return negative ? -value : value;
}

// —— what ledgers ask ——

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

/** What a descriptor is, as -y, -yy or -Y show it. */
export interface FdTarget {
  /** Decoded: `/etc/passwd`, `pipe:[123]`, `TCP:[127.0.0.1:80->127.0.0.1:4711]`, `bash`. */
  readonly text: string;
  /** It was removed; strace says `(deleted)`. */
  readonly deleted: boolean;
  /** -yy of a device: `char 1:3`. */
  readonly device?: string;
  /** `pipe`, `socket`, `anon_inode`, or with -yy the protocol: `TCP`, `UDPv6`, `UNIX-STREAM`, `NETLINK`. */
  readonly type?: string;
  /** What stands in the brackets behind the type. */
  readonly inside?: string;
  readonly local?: string;
  readonly remote?: string;
}

/**
 * Reads `</etc/passwd>(deleted)`: behind numbers among arguments (`shown`), and in `StraceCall.resultText`, where more may
 * follow.
 */
export function targetOf(shown: string): FdTarget {
  const found = shown.startsWith('<') ? shownEnd(shown, 0) : -1;
  const end = found < 0 ? shown.length : found;
  const deleted = shown.startsWith('(deleted)', end);
  let inner = found < 0 ? shown : shown.slice(1, end - 1);
  const device = /<((?:char|block) \d+:\d+)>$/.exec(inner);
  if (device) inner = inner.slice(0, device.index);
  const text = utf8(unquote(inner));
  const typed = /^([\w-]+):\[(.*)\]$/s.exec(text);
  const ends = typed?.[2]?.split('->');
  return {
    text,
    deleted: deleted || text.endsWith(' (deleted)'),
    ...(device ? { device: device[1]! } : {}),
    ...(typed ? { type: typed[1]!, inside: typed[2]! } : {}),
    ...(ends?.length === 2 ? { local: ends[0]!, remote: ends[1]! } : {}),
  };
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  v: '\v',
  f: '\f',
  a: '\x07',
  b: '\b',
  e: '\x1b',
};
const ESCAPE = /\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|([\s\S]))/g;

/** Undoes the quoting of C: bytes, one character each. */
export function unquote(quoted: string): string {
  if (!quoted.includes('\\')) return quoted;
  return quoted.replace(ESCAPE, (_, hex?: string, octal?: string, other?: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
    return ESCAPES[other!] ?? other!;
  });
}

function utf8(bytes: string): string {
  for (let at = 0; at < bytes.length; at++) {
    if (bytes.charCodeAt(at) > 0x7f) return Buffer.from(bytes, 'latin1').toString('utf8');
  }
  return bytes;
}
