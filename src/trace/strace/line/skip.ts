import {
  BACKSLASH,
  BRACKET,
  BRACKET_END,
  COLON,
  DASH,
  isText,
  LESS,
  MORE,
  NEWLINE,
  oneOf,
  SLASH,
  ZERO,
} from './characters.ts';

/** What the search for the end of a string stops at. */
const QUOTED = oneOf('\n"\\');
/** What is looked at in what strace shows with a number. */
const SHOWN = oneOf('\n"\\<>[]');

/** From behind a quote: where the closing one is, or the newline that came first. */
export function skipString(bytes: Buffer, from: number): number {
  let at = from;
  for (;;) {
    let code = bytes[at]!;
    while (QUOTED[code] === 0) code = bytes[++at]!;
    if (code !== BACKSLASH) return at;
    at += bytes[at + 1] === NEWLINE ? 1 : 2;
  }
}

/**
 * At a `<` among arguments: behind the path, socket or name that strace shows with a number (`3</etc/passwd>`,
 * `AT_FDCWD</>`, `1</dev/null<char 1:3>>`, `5<TCP:[1.2.3.4:5->6.7.8.9:10]>`), whose text may hold parentheses; else just
 * behind it. -1 where it has no end on this line. The same as `shownEnd` of texts, on bytes.
 */
export function skipAngle(bytes: Buffer, at: number, from: number): number {
  const before = at > from ? bytes[at - 1]! : 0;
  const shown = (before >= ZERO && before < COLON) || before === 68; /* AT_FDCWD */
  if (!shown) return at + 1;
  const first = bytes[at + 1]!;
  if (first === LESS) return at + 2;
  let depth = 1;
  // Arrows are in the brackets of sockets; `passwd-` is a name.
  let brackets = first === SLASH ? Number.NaN : 0;
  for (let end = at + 1; ; end++) {
    let code = bytes[end]!;
    while (SHOWN[code] === 0) code = bytes[++end]!;
    if (code === NEWLINE) return -1;
    if (code === LESS) depth++;
    else if (code === BRACKET) brackets++;
    else if (code === BRACKET_END) brackets--;
    else if (code === MORE) {
      if (!(brackets > 0 && bytes[end - 1] === DASH) && --depth === 0) return end + 1;
    } else if (code === BACKSLASH) {
      if (bytes[end + 1] !== NEWLINE) end++;
    } else {
      end = skipString(bytes, end + 1);
      if (bytes[end] === NEWLINE) return -1;
    }
  }
}

/**
 * How long `<unfinished ...>`, `<detached ...>` or `<pid changed to N ...>` (an execve by a thread that is not the leader)
 * is at the end of a line; 0 for anything else.
 */
export function openMark(bytes: Buffer, at: number): number {
  const next = bytes[at + 1];
  if (next === 117 /* u */)
    return bytes[at + 16] === NEWLINE && isText(bytes, at, '<unfinished ...>') ? 16 : 0;
  if (isDetached(bytes, at))
    return bytes[at + 14] === NEWLINE && isText(bytes, at, '<detached ...>') ? 14 : 0;
  if (next !== 112 /* p */ || !isText(bytes, at, '<pid changed to ')) return 0;
  let end = at + 16;
  while (bytes[end]! >= ZERO && bytes[end]! < COLON) end++;
  return isText(bytes, end, ' ...>\n') ? end + 5 - at : 0;
}

/** Of these marks it is `<detached ...>`. */
export function isDetached(bytes: Buffer, at: number): boolean {
  return bytes[at + 1] === 100 /* d */;
}
