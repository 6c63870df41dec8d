/** One line of a log, without what printed, stored or quoted it. */
export interface LogLine {
  /** The kernel's own text, trimmed on both sides. */
  readonly content: string;
  /** printk's caller (`T41`, `C0`; CONFIG_PRINTK_CALLER), '' when not told: tells interleaved writers apart. */
  readonly caller: string;
  /** The line carried a time stamp or a syslog prefix: it begins a new record and is no wrapped rest of one. */
  readonly stamped: boolean;
  /** Blanks before `content`, after quoting and prefixes. */
  readonly indent: number;
}

/** Longer lines are cut: no kernel record comes near (printk's limit is 1024 bytes), and no pattern sees more. */
const MAX_LINE = 2000;

const QUOTE = /^[ \t]{0,40}(?:[>|][ \t]{0,40})+/;
/** `2024-03-11T14:29:12+0000 host kernel: `, `кві 06 15:07:05 host kernel: [  1.2]`: any text with a time, then `kernel:`. */
const SYSLOG = /^(?=[^[]{0,100}\d:\d\d)[^[]{0,140}?\bkernel(?:\[\d+\])?(?:: ?| - - - ?)/;
/** The same, where journalctl was asked for monotonic stamps: `[ 3810.402158] host kernel: `. */
const MONOTONIC_HOST = /^(?:[\w.-]{1,80} )?kernel: ?/;
/**
 * Whatever stands before dmesg's own stamp: a syslog line that does not say `kernel:`, a container runtime's JSON, a log
 * shipper's levels, a console prompt before the first record.
 */
const SHIPPED = /^(?:(?!\+0x).){1,160}?(?=\[ {0,12}\d{1,12}\.\d{3,9}\])/;
/** A date, where no tag says who wrote the line: `05/06/2024 07:08:09 `, `Aug 26 22:05:06 `, `07:08:09.123 `. */
const DATED =
  /^(?:(?:\d{4}[-/.]\d\d[-/.]\d\d|\d\d[-/.]\d\d[-/.]\d{2,4}|\p{L}{3,9} {1,2}\d{1,2}(?: \d{4})?),?[T ])?\d\d:\d\d:\d\d\S{0,24}(?: [AP]M)?\s/u;
/** Host, facility and level behind it, when a line of the kernel follows. */
const HOST =
  /^(?:[\w.:@/[\]-]{1,60} {1,12}){1,3}?(?=INFO: task |task:\S|Call [Tt]race:|<\/?TASK>|\[<|\? \w|Workqueue:|[\w.]{1,120}\+0x|\S{1,16} {1,16}[RSDTtZ] {1,8}(?:running|\?|[\da-f]))/;
const LEVEL = /^<\d{1,3}>/;
/** What terminals colour with (`dmesg --color`, consoles that were recorded). */
const COLOURS = /\x1b\[[\d;]{0,16}[A-Za-z]/g;
/** `journalctl -o json`, and what others make of it: the text is one of the fields. */
const FIELD = /^\{.{0,400}?"(?:MESSAGE|message|msg|log)" ?: ?"((?:[^"\\]|\\.){0,2000})"/;
/** `[  123.456789]`, `[  +0.000002]`, `[  12.3@1]`, `[   1.2 /  0]`. */
const SECONDS = /^\[ {0,12}\+?\d{1,12}\.\d{1,9}[^\][]{0,24}\]/;
/** `[Mon Mar 11 14:29:12 2024]`, `[2024-03-11T14:29:12,123456+01:00]`. */
const CLOCK = /^\[[^\][<>]{0,40}\d\d:\d\d:\d\d[^\][<>]{0,24}\]/;
const CALLER = /^\[ {0,8}([TC]\d{1,8})\]/;
/** Vendor kernels print who ran where: `[2:  kworker/u16:3: 1234]`. */
const MEDIATEK_CALLER = /^\(\d{1,3}\)\[\d{1,8}:[^\][]{1,40}\]/;
const VENDOR_CALLER = /^\[\d{1,4}: {0,16}[^\][]{1,40}: {0,8}\d{1,8}\]/;
/** A trace event's head: `  bash-1234  [001] d..1  12.345678: `. */
const FTRACE = /^\S{1,20}-\d{1,8} {1,8}\[\d{1,4}\] \S{3,6} {1,8}\d{1,12}\.\d{1,9}: /;

/** Removes mail quoting, syslog and journal prefixes, printk levels, time stamps and callers, in whichever order they nest. */
export function stripLine(raw: string): LogLine {
  let text = raw.length > MAX_LINE ? raw.slice(0, MAX_LINE) : raw;
  let caller = '';
  let stamped = false;
  let indent = 0;
  const trim = (): void => {
    const trimmed = text.trimStart();
    indent = text.length - trimmed.length;
    text = trimmed;
  };
  const cut = (pattern: RegExp): RegExpExecArray | null => {
    const match = pattern.exec(text);
    if (match) text = text.slice(match[0].length);
    return match;
  };
  if (text.includes('\x1b')) text = text.replace(COLOURS, '');
  if (text.includes('&') || text.includes('>')) text = withoutMarkup(text);
  const quoted = QUOTE.exec(text);
  if (quoted) text = text.slice(quoted[0].length);
  const field = text.startsWith('{') ? FIELD.exec(text)?.[1] : undefined;
  if (field !== undefined) text = unquoted(field);
  text = text.trimEnd();
  if (text.includes('=')) text = withoutEncoding(text);
  trim();
  // No prefix has more parts than these rounds: level, syslog, level, stamp, caller, vendor's caller.
  for (let round = 0; round < 6; round++) {
    const first = text.charCodeAt(0);
    const before = text.length;
    if (first === 0x5b /* [ */) {
      if (cut(SECONDS) || cut(CLOCK)) stamped = true;
      else {
        const match = cut(CALLER);
        if (match) caller = match[1]!;
        else if (stamped) cut(VENDOR_CALLER);
        else if (cut(SHIPPED)) stamped = true;
      }
    } else if (first === 0x3c /* < */) cut(LEVEL);
    else if (first === 0x28 /* ( */ && cut(MEDIATEK_CALLER)) stamped = true;
    else {
      if (cut(MONOTONIC_HOST) || (!stamped && cut(SYSLOG))) stamped = true;
      else if (!stamped && (cut(FTRACE) || cut(SHIPPED))) stamped = true;
      else if (!stamped && cut(DATED)) {
        stamped = true;
        cut(HOST);
      }
    }
    if (text.length === before) break;
    trim();
  }
  return { content: text, caller, stamped, indent };
}

/** A soft line break of quoted-printable mail stands at the end; blanks and `=` itself may be encoded. */
function withoutEncoding(text: string): string {
  return text
    .replace(/=20$|(?:=C2)?=A0/g, ' ')
    .replace(/=3D/g, '=')
    .trimEnd()
    .replace(/(?:\s=|^=)$/, '')
    .trimEnd();
}

const TAGS_BEFORE = /^\s{0,40}(?:<(?:p|pre|code|div|li|td|tr|span|blockquote)\b[^<>]{0,80}>\s{0,8})+/i;
const TAGS_BEHIND = /(?:<(?:br\s?\/?|\/(?:p|pre|code|div|li|td|tr|span|blockquote))>\s{0,8})+$/i;
const ENTITY = /&(?:(lt|gt|amp|quot|nbsp)|#(\d{2,3})|#x([\da-f]{2}));/gi;
const CHARACTERS: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', nbsp: ' ' };

/** A log that was copied out of the source of a page: its tags at both ends go, and `&lt;` is `<`. */
function withoutMarkup(text: string): string {
  const bare = text.replace(TAGS_BEFORE, '').replace(TAGS_BEHIND, '');
  if (!bare.includes('&')) return bare;
  // Escaped twice, by a page that quotes another's source.
  return unescaped(bare.includes('&amp;') ? unescaped(bare) : bare);
}

function unescaped(text: string): string {
  return text.replace(ENTITY, (_all, name: string | undefined, decimal: string | undefined, hex: string) =>
    name === undefined
      ? String.fromCharCode(decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal))
      : CHARACTERS[name.toLowerCase()]!,
  );
}

const ESCAPES: Readonly<Record<string, string>> = { n: ' ', r: ' ', t: '\t' };

/** The text of a JSON string, as far as one line of it goes: without line ends. */
export function unquoted(json: string): string {
  return json.replace(/\\(["\\/nrt])/g, (_all, escaped: string) => ESCAPES[escaped] ?? escaped);
}
