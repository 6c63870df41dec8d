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
const SYSLOG = /^(?=[^[]{0,100}\d:\d\d)[^[]{0,140}?\bkernel(?:\[\d+\])?: ?/;
/** The same, where journalctl was asked for monotonic stamps: `[ 3810.402158] host kernel: `. */
const MONOTONIC_HOST = /^(?:[\w.-]{1,80} )?kernel: ?/;
/** A syslog line of a system which does not say `kernel:`, just before dmesg's own stamp. */
const BARE_SYSLOG =
  /^(?:\S{3,12} +\d{1,2} \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S{0,16}) (?:[\w.-]{1,80}:? )?(?=\[)/;
const LEVEL = /^<\d{1,3}>/;
/** `[  123.456789]`, `[  +0.000002]`, `[  12.3@1]`, `[   1.2 /  0]`. */
const SECONDS = /^\[ {0,12}\+?\d{1,12}\.\d{1,9}[^\][]{0,24}\]/;
/** `[Mon Mar 11 14:29:12 2024]`, `[2024-03-11T14:29:12,123456+01:00]`. */
const CLOCK = /^\[[^\][<>]{0,40}\d\d:\d\d:\d\d[^\][<>]{0,24}\]/;
const CALLER = /^\[ {0,8}([TC]\d{1,8})\]/;
/** Vendor kernels print who ran where: `[2:  kworker/u16:3: 1234]`. */
const VENDOR_CALLER = /^\[\d{1,4}: {0,16}[^\][]{1,40}: {0,8}\d{1,8}\]/;
/** A console prompt before the first record: `(initramfs) [  183.4] INFO: …`. */
const PROMPT = /^[^[\]]{1,60}(?=\[ {0,12}\d{1,12}\.\d{3,9}\])/;
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
  const quoted = QUOTE.exec(text);
  if (quoted) text = text.slice(quoted[0].length);
  // A soft line break of quoted-printable mail stands at the end.
  text = text
    .trimEnd()
    .replace(/(?:\s=|^=)$/, '')
    .trimEnd();
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
      }
    } else if (first === 0x3c /* < */) cut(LEVEL);
    else if (round === 0 || stamped) {
      if (cut(MONOTONIC_HOST) || (!stamped && cut(SYSLOG))) stamped = true;
      else if (!stamped && (cut(BARE_SYSLOG) || cut(FTRACE) || cut(PROMPT))) stamped = true;
    }
    if (text.length === before) break;
    trim();
  }
  return { content: text, caller, stamped, indent };
}

/** The lines of a text, one at a time: a log of many megabytes is not split into an array first. */
export function* lines(text: string): Generator<string> {
  let from = 0;
  while (from < text.length) {
    let to = text.indexOf('\n', from);
    if (to < 0) to = text.length;
    yield text.charCodeAt(to - 1) === 13 ? text.slice(from, to - 1) : text.slice(from, to);
    from = to + 1;
  }
}
