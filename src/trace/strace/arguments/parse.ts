import { shownEnd } from '../shown.ts';
import type { Argument, FlagsArgument, NumberArgument, StringArgument } from './argument.ts';

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
