import { decimal, hexBig } from './text.ts';

/** A line of /proc/PID/maps, proc_pid_maps(5). */
export interface Mapping {
  readonly start: bigint;
  /** One past the last byte. */
  readonly end: bigint;
  /** `r-xp`: the last letter is `p`rivate or `s`hared. */
  readonly perms: string;
  readonly offset: bigint;
  /** `maj:min` in hex; `00:00` without a file. */
  readonly device: string;
  readonly inode: number;
  /** A file (latin1 bytes, newlines unescaped, maybe with ` (deleted)`), or `[heap]`, `[stack]`, `[vdso]`, `[anon:NAME]` … */
  readonly path?: string;
}

/** Lines that do not parse are left out. Linear: a Java heap or a leak makes 65 530 lines, raised limits millions. */
export function parseMaps(text: string): Mapping[] {
  const mappings: Mapping[] = [];
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf('\n', from);
    const to = newline < 0 ? text.length : newline;
    const mapping = parseMapping(text.slice(from, to));
    if (mapping) mappings.push(mapping);
    from = to + 1;
  }
  return mappings;
}

const LINE =
  /^([0-9a-f]+)-([0-9a-f]+) ([r-][w-][x-][ps]) ([0-9a-f]+) ([0-9a-f]+:[0-9a-f]+) (\d+)(?: +(.*))?$/s;

function parseMapping(line: string): Mapping | undefined {
  const match = LINE.exec(line);
  const start = hexBig(match?.[1]);
  const end = hexBig(match?.[2]);
  const offset = hexBig(match?.[4]);
  const inode = decimal(match?.[6]);
  if (match === null || start === undefined || end === undefined) return undefined;
  if (offset === undefined || inode === undefined) return undefined;
  const path = match[7];
  return {
    start,
    end,
    perms: match[3]!,
    offset,
    device: match[5]!,
    inode,
    // The kernel escapes newline and nothing else here, not even the backslash.
    path: path === undefined || path === '' ? undefined : path.replaceAll('\\012', '\n'),
  };
}
