import { lazily } from '../lazily.ts';

/** One function on a kernel stack. */
export interface Frame {
  /** The function without the suffixes that compilers add (`.isra.0`, `.constprop.0`, `.part.0`, `.cold`, `.llvm.N`). */
  readonly name: string;
  /** The module it lives in, when it is not built in. */
  readonly module?: string;
  /** Printed with `?` or `(unreliable)`: found on the stack, but maybe a leftover of an earlier call. */
  readonly uncertain?: boolean;
  /** The text as it stood there. */
  readonly raw: string;
}

/** The frames of one line. */
export interface FrameLine {
  readonly frames: readonly Frame[];
  /** Several frames in one line are columns of several stacks (/proc/PID/stack pasted side by side), not one after another. */
  readonly columns: boolean;
  /** Where each frame begins in the line. */
  readonly starts: readonly number[];
}

const NAME = '[A-Za-z_$][\\w.$]{0,180}';
const OFFSET = '\\+(?:0x[0-9a-f]{1,16}(?:/0x[0-9a-f]{1,16})?|\\d{1,8}/\\d{1,8}|\\d{1,8}(?=\\s|$))';
/** `[<0>]`, `[<ffffffff81…>]`, `[c000…]` (ppc64), `([<…>])` (s390), `[]` (HTML ate the rest), `<c015010e>` (2.6.1x). */
const ADDRESS = '(?:\\(?\\[(?:<[^<>\\]\\s]{0,18}>|[0-9a-fA-F]{8,16}|)\\]|<[0-9a-f]{8,16}>)';
const MODULE = '(?: {1,4}\\[([\\w-]{1,60})(?: [0-9a-f]{20,64})?\\])?';
const UNRELIABLE = '(\\s*\\(unreliable\\))?';

/** How kernels and tools print a frame. */
const patterns = lazily(() => ({
  /** x86, arm64, s390, ppc64, mips, riscv, loongarch: `[<address>] ? name+0x1/0x2 [module]`, the address not always. */
  plain: new RegExp(
    `(?:${ADDRESS}\\s{0,4}){0,2}(\\?\\s{1,4})?(?::\\w+:|\\.)?(${NAME})${OFFSET}\\)?${MODULE}${UNRELIABLE}`,
    'y',
  ),
  /** A further frame in the same line has an address before it. */
  further: new RegExp(
    `\\s{1,80}${ADDRESS}\\s{0,4}(\\?\\s{1,4})?\\.?(${NAME})${OFFSET}\\)?${MODULE}${UNRELIABLE}`,
    'y',
  ),
  /** arm: `[<80c1e5e8>] (schedule) from [<80c1ec14>] (io_schedule+0x48/0x6c)`, since 5.18 `schedule from io_schedule+0x48/0x6c`. */
  arm: new RegExp(
    `^(?:\\[<[0-9a-f]{0,16}>\\] )?\\(?(${NAME})(?:${OFFSET})?${MODULE}\\)? from(?= [\\[(]| ${NAME}\\+|$)`,
  ),
  /** klogd resolved it itself: `[<c0105c2d>] [schedule_timeout+20/160]`, `[tcp_recvmsg+1/2] tcp_recvmsg+0x1/0x2`. */
  klogd: new RegExp(`\\[(?:[\\w-]{1,40}:)?(${NAME})\\+(?:0x)?[0-9a-f]{1,8}/(?:0x)?[0-9a-f]{1,8}\\]`, 'g'),
  /** scripts/decode_stacktrace.sh: `schedule (kernel/sched/core.c:6773 (discriminator 1)) nfs`. */
  decoded: new RegExp(
    `^(?:${ADDRESS}\\s{0,4})?(\\?\\s{1,4})?(${NAME})(?:${OFFSET})? \\([^()\\s]{1,200}:\\d{1,7}[^()]{0,400}(?:\\([^()]{0,60}\\))?\\)(?: \\[?([\\w-]{1,60})\\]?$)?`,
  ),
  /** syzbot: `context_switch kernel/sched/core.c:2859 [inline]`. */
  inline: new RegExp(`^(${NAME}) [^\\s()]{1,200}\\.[chSr][spa]{0,2}:\\d{1,7}(?: \\[inline\\])?$`),
  /** crash(8) `bt`: ` #3 [ffffc90000] io_schedule at ffffffff8168 [module]`; gdb: `#1 0xffff in schedule () at …`. */
  crash: new RegExp(`^#\\d{1,3} {1,4}\\[[0-9a-f]{6,16}\\] (${NAME}) at [0-9a-f]{6,16}${MODULE}`),
  gdb: new RegExp(`^#\\d{1,3} {1,4}(?:0x[0-9a-f]{6,16} in )?(${NAME}) \\(`),
  /** ftrace's stack traces: `=> schedule`, and frames whose offset was removed: `[<0>] do_wait`. */
  bare: new RegExp(`^(?:=>|${ADDRESS})\\s{1,4}(\\?\\s{1,4})?(${NAME})(?: <[0-9a-f]{1,16}>)?${MODULE}$`),
}));
/** Tree drawings and list bullets that people put before frames. */
const BULLET = /^(?:[-*+|`\\]{1,3}>?|->|<-|•)\s{1,8}(?=\S)/;

const SUFFIX =
  /(?:\.(?:isra|constprop|part|cold|clone|llvm|lto_priv|localalias|resume|destroy|actor|hot|unlikely|exit)(?:\.\d+)*|\.\d+)+$/;

/** A function's name without a leading dot (ppc64 ABI) and compiler suffixes. */
export function baseName(name: string): string {
  const start = name.startsWith('.') ? 1 : 0;
  return name.includes('.', start) ? name.slice(start).replace(SUFFIX, '') : name.slice(start);
}

/** The frames that a line (already stripped, see lines.ts) holds, or undefined when it is no line of a stack. */
export function parseFrameLine(line: string): FrameLine | undefined {
  // Nearly every frame has one of these; it spares most lines of a log the patterns.
  const plus = line.indexOf('+');
  if (plus < 0 && !line.includes(' ') && !line.startsWith('=>')) return undefined;
  const text = BULLET.test(line) ? line.replace(BULLET, '') : line;
  if (text.includes(' from')) {
    const arm = patterns().arm.exec(text);
    if (arm) return one(arm[1]!, arm[2], false, text);
  }
  if (plus >= 0) {
    const several = plain(text) ?? klogd(text);
    if (several) return several;
  }
  if (text.includes(':')) {
    const decoded = patterns().decoded.exec(text);
    if (decoded) return one(decoded[2]!, decoded[3], decoded[1] !== undefined, text);
    const inline = patterns().inline.exec(text);
    if (inline) return one(inline[1]!, undefined, false, text);
  }
  if (text.startsWith('#')) {
    const crash = patterns().crash.exec(text);
    if (crash) return one(crash[1]!, crash[2], false, text);
    const gdb = patterns().gdb.exec(text);
    if (gdb) return one(gdb[1]!, undefined, false, text);
  }
  const bare = patterns().bare.exec(text);
  return bare ? one(bare[2]!, bare[3], bare[1] !== undefined, text) : undefined;
}

function plain(text: string): FrameLine | undefined {
  const { plain: first, further } = patterns();
  first.lastIndex = 0;
  let match = first.exec(text);
  if (!match) return undefined;
  const frames = [frame(match[2]!, match[3], (match[1] ?? match[4]) !== undefined, match[0])];
  const starts = [0];
  let at = first.lastIndex;
  for (;;) {
    further.lastIndex = at;
    match = further.exec(text);
    if (!match) break;
    starts.push(at + match[0].length - match[0].trimStart().length);
    frames.push(frame(match[2]!, match[3], (match[1] ?? match[4]) !== undefined, match[0].trim()));
    at = further.lastIndex;
  }
  return { frames, columns: frames.length > 1 && text.startsWith('[<0>]'), starts };
}

function klogd(text: string): FrameLine | undefined {
  if (!text.startsWith('[')) return undefined;
  const frames = [...text.matchAll(patterns().klogd)].map((match) =>
    frame(match[1]!, undefined, false, match[0]),
  );
  return frames.length > 0 ? { frames, columns: false, starts: [0] } : undefined;
}

function one(name: string, module: string | undefined, uncertain: boolean, raw: string): FrameLine {
  return { frames: [frame(name, module, uncertain, raw)], columns: false, starts: [0] };
}

function frame(name: string, module: string | undefined, uncertain: boolean, raw: string): Frame {
  return {
    name: baseName(name),
    ...(module === undefined ? {} : { module }),
    ...(uncertain ? { uncertain } : {}),
    raw: raw.trim(),
  };
}
