import fc from 'fast-check';

/** A call as it is made up, and as it has to come back. */
export interface MadeCall {
  readonly tid: number;
  readonly name: string;
  /** The arguments as strace prints them, one by one. */
  readonly args: readonly string[];
  /** What stands behind `= `, without the duration. */
  readonly result: string;
  readonly beganNs: number;
  readonly durationNs: number;
}

/** A piece of an argument that was made up of bytes, and the bytes. */
export interface MadeString {
  readonly quoted: string;
  readonly bytes: string;
}

/** Quotes as strace does: printable ASCII as it is, the rest in C's escapes, the shortest octal that is no other number. */
export function quote(bytes: string, also = ''): string {
  const named: Readonly<Record<string, string>> = { '\n': 'n', '\t': 't', '\r': 'r', '\v': 'v', '\f': 'f' };
  let text = '';
  for (let at = 0; at < bytes.length; at++) {
    const char = bytes[at]!;
    const code = char.charCodeAt(0);
    if (char === '"' || char === '\\') text += `\\${char}`;
    else if (named[char] !== undefined) text += `\\${named[char]}`;
    else if (code >= 0x20 && code < 0x7f && !also.includes(char)) text += char;
    else text += `\\${/\d/.test(bytes[at + 1] ?? '') ? code.toString(8).padStart(3, '0') : code.toString(8)}`;
  }
  return text;
}

const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
/** Bytes, and what looks like the format. */
const bytes = fc
  .array(
    fc.oneof(
      byte,
      fc.constantFrom(
        '<unfinished ...>',
        '<... read resumed>',
        ') = 0 <0.000001>',
        ' = ',
        '"',
        '\\',
        '(',
        ')',
        '{',
        '[',
        ']=',
        '} => {',
        ', ',
        '\n',
        '7 ',
        '...',
      ),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));
const string = bytes.map((text) => `"${quote(text)}"`);
const path = bytes.map((text) => `</${quote(text, '<>')}>`);
const number = fc.oneof(
  fc.integer({ min: -1, max: 1 << 30 }).map(String),
  fc.maxSafeNat().map((n) => `0x${n.toString(16)}`),
);
const flags = fc.constantFrom(
  'O_RDONLY|O_CLOEXEC',
  'NULL',
  'AT_FDCWD',
  'SIGCHLD',
  '~[RTMIN RT_1]',
  '[HUP INT]',
  '1<<CAP_CHOWN',
  '0x4 /* X_??? */',
);
const descriptor = fc.tuple(fc.nat(99), path).map(([fd, target]) => `${fd}${target}`);
const { argument } = fc.letrec<{ argument: string }>((tie) => ({
  argument: fc.oneof(
    { maxDepth: 3 },
    fc.oneof(string, number, flags, descriptor),
    fc.array(tie('argument'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc
      .array(tie('argument'), { maxLength: 3 })
      .map((items) => `{${items.map((item, at) => `f${at}=${item}`).join(', ')}}`),
    fc.tuple(tie('argument'), tie('argument')).map(([one, two]) => `{a=${one}} => {b=${two}}`),
    tie('argument').map((inner) => `makedev(${inner}, 0x1)`),
  ),
}));
const result = fc.oneof(
  number,
  descriptor,
  fc.constantFrom(
    '-1 ENOENT (No such file or directory)',
    '0 (Timeout)',
    '0x8001 (flags O_WRONLY|O_LARGEFILE)',
    '1 ([{fd=3, revents=POLLIN}])',
    '? ERESTARTSYS (To be restarted if SA_RESTART is set)',
  ),
);

export const madeString: fc.Arbitrary<MadeString> = bytes.map((text) => ({
  quoted: `"${quote(text)}"`,
  bytes: text,
}));
export const madeArgument = argument;

/** Threads that make calls one after the other, at times that overlap. */
export const madeLog: fc.Arbitrary<MadeCall[]> = fc
  .array(
    fc.record({
      tid: fc.integer({ min: 1, max: 4 }),
      // No write: behind its count a program's own output may stand in a log, which the reader takes out of it.
      name: fc.constantFrom('read', 'openat', 'mprotect', 'futex', 'syscall_0x258', 'poll'),
      args: fc.array(argument, { maxLength: 4 }),
      result,
      waitNs: fc.nat(3),
      durationNs: fc.nat(5),
    }),
    { maxLength: 14 },
  )
  .map((calls) => {
    const free = new Map<number, number>();
    return calls.map(({ waitNs, ...call }) => {
      const beganNs = (free.get(call.tid) ?? 0) + 1 + waitNs;
      free.set(call.tid, beganNs + call.durationNs + 1);
      return { ...call, beganNs };
    });
  });

/** How a log of them is printed. */
export interface Style {
  readonly prefix: 'pid' | 'bracket' | 'comm';
  readonly stamps: 'none' | 'unix' | 'time-of-day';
  readonly durations: boolean;
  /** strace 4.x: a space in front of the second half. */
  readonly old: boolean;
  readonly split: number;
}

export const style: fc.Arbitrary<Style> = fc.record({
  prefix: fc.constantFrom('pid', 'bracket', 'comm'),
  stamps: fc.constantFrom('none', 'unix', 'time-of-day'),
  durations: fc.boolean(),
  old: fc.boolean(),
  split: fc.nat(4),
});

/** 2026-11-25 10:00:00.000000000 */
export const BASE_SECONDS = 1_795_600_800;

/** The log that strace -f -o would write of these calls: a call is in two halves when another line comes in between. */
export function printLog(calls: readonly MadeCall[], how: Style): string {
  interface Mark {
    readonly call: MadeCall;
    readonly at: number;
    readonly begin: boolean;
    readonly order: number;
  }
  const marks: Mark[] = calls.flatMap((call, order) => [
    { call, at: call.beganNs, begin: true, order: order * 2 },
    { call, at: call.beganNs + call.durationNs, begin: false, order: order * 2 + 1 },
  ]);
  marks.sort((one, two) => one.at - two.at || one.order - two.order);
  const lines: string[] = [];
  const end = ({ result: text, durationNs }: MadeCall) =>
    `= ${text}${how.durations ? ` <0.${String(durationNs).padStart(9, '0')}>` : ''}`;
  for (let at = 0; at < marks.length; at++) {
    const { call, begin } = marks[at]!;
    const cut = Math.min(how.split, call.args.length);
    const first = call.args.slice(0, cut).join(', ') + (cut > 0 && cut < call.args.length ? ', ' : '');
    const rest = call.args.slice(cut).join(', ');
    const when = prefix(call, marks[at]!.at, how);
    if (!begin) {
      lines.push(`${when}<... ${call.name} resumed>${how.old ? ' ' : ''}${rest}) ${end(call)}`);
    } else if (marks[at + 1]?.call === call) {
      lines.push(`${when}${call.name}(${call.args.join(', ')}) ${end(call)}`);
      at++;
    } else lines.push(`${when}${call.name}(${first} <unfinished ...>`);
  }
  return lines.map((line) => `${line}\n`).join('');
}

function prefix({ tid }: MadeCall, at: number, how: Style): string {
  const who = {
    pid: `${String(tid).padEnd(5)} `,
    bracket: `[pid ${String(tid).padStart(5)}] `,
    comm: `${tid}<a\\74b> `,
  }[how.prefix];
  const fraction = String(at).padStart(9, '0');
  if (how.stamps === 'none') return who;
  return how.stamps === 'unix' ? `${who}${BASE_SECONDS}.${fraction} ` : `${who}10:00:00.${fraction} `;
}
