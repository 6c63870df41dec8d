/** What a read of an inotify descriptor gave, as far as strace shows it. */
export interface InotifyRead {
  readonly events: number;
  /** IN_Q_OVERFLOW: events were lost, since nobody read in time. */
  readonly overflows: number;
  /** Watches that ended by themselves (IN_IGNORED): removed, or what they watched is gone. */
  readonly ignored: readonly number[];
}

/** inotify(7), struct inotify_event: wd, mask, cookie, len, then len bytes of name. */
const HEADER = 16;
const IN_Q_OVERFLOW = 0x4000;
const IN_IGNORED = 0x8000;

/** Of the string that strace shows of the buffer; what it cut off (`-s`) is not counted. */
export function inotifyEvents(escaped: string): InotifyRead {
  const bytes = bytesOf(escaped);
  const view = new DataView(bytes.buffer);
  let events = 0;
  let overflows = 0;
  const ignored: number[] = [];
  for (let at = 0; at + HEADER <= bytes.length; ) {
    const mask = view.getUint32(at + 4, true);
    events++;
    if ((mask & IN_Q_OVERFLOW) !== 0) overflows++;
    if ((mask & IN_IGNORED) !== 0) ignored.push(view.getInt32(at, true));
    at += HEADER + view.getUint32(at + 12, true);
  }
  return { events, overflows, ignored };
}

const LETTERS: Readonly<Record<string, number>> = {
  n: 0x0a,
  t: 0x09,
  r: 0x0d,
  v: 0x0b,
  f: 0x0c,
  a: 0x07,
  b: 0x08,
};

/** A string of strace back to its bytes: octal and hexadecimal escapes, letters of C. */
function bytesOf(escaped: string): Uint8Array {
  const bytes = new Uint8Array(escaped.length);
  let length = 0;
  for (let at = 0; at < escaped.length; at++) {
    if (escaped[at] !== '\\') {
      bytes[length++] = escaped.charCodeAt(at);
      continue;
    }
    const octal = /^[0-7]{1,3}/.exec(escaped.slice(at + 1, at + 4))?.[0];
    const hexadecimal = /^x[\da-f]{2}/i.exec(escaped.slice(at + 1, at + 4))?.[0];
    const letter = escaped[at + 1] ?? '';
    if (octal !== undefined) bytes[length++] = Number.parseInt(octal, 8);
    else if (hexadecimal !== undefined) bytes[length++] = Number.parseInt(hexadecimal.slice(1), 16);
    else bytes[length++] = LETTERS[letter] ?? letter.charCodeAt(0);
    at += octal?.length ?? hexadecimal?.length ?? 1;
  }
  return bytes.slice(0, length);
}
