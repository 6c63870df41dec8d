import { decimal, lines, unescapeOctal } from './text.ts';

/** A line of /proc/PID/mountinfo, proc_pid_mountinfo(5). Paths are latin1 bytes with the octal escapes undone. */
export interface Mount {
  readonly id: number;
  readonly parentId: number;
  /** Device of the file system (st_dev). Of FUSE, the minor is the connection's number. */
  readonly major: number;
  readonly minor: number;
  readonly root: string;
  /** `//deleted` at its end: the mount point was unlinked. */
  readonly mountPoint: string;
  readonly options: readonly string[];
  /** `shared:N`, `master:N`, `propagate_from:N`, `unbindable`. */
  readonly propagation: readonly string[];
  /** With the subtype, e.g. `fuse.sshfs`. */
  readonly fsType: string;
  readonly source: string;
  readonly superOptions: readonly string[];
}

/** Lines that do not parse are left out. */
export function parseMountinfo(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of lines(text)) {
    const mount = parseMount(line);
    if (mount) mounts.push(mount);
  }
  return mounts;
}

function parseMount(line: string): Mount | undefined {
  // One blank exactly: an empty source gives two in a row.
  const parts = line.split(' ');
  const separator = parts.indexOf('-', 6);
  const id = decimal(parts[0]);
  const parentId = decimal(parts[1]);
  const [major, minor] = (parts[2] ?? '').split(':').map(decimal);
  if (separator < 0 || id === undefined || parentId === undefined) return undefined;
  if (major === undefined || minor === undefined) return undefined;
  const [fsType, source, superOptions] = parts.slice(separator + 1);
  if (fsType === undefined || source === undefined) return undefined;
  return {
    id,
    parentId,
    major,
    minor,
    root: unescapeOctal(parts[3]!),
    mountPoint: unescapeOctal(parts[4]!),
    options: optionsOf(parts[5]),
    propagation: parts.slice(6, separator),
    fsType: unescapeOctal(fsType),
    source: unescapeOctal(source),
    superOptions: optionsOf(superOptions),
  };
}

/** Split before unescaping: a comma inside of a value is written `\054`. */
function optionsOf(field: string | undefined): string[] {
  return field === undefined || field === '' ? [] : field.split(',').map(unescapeOctal);
}

/** Whether a proc mount shows users their own processes only: hidepid=2 or 4 (proc(5)). */
export function hidesProcesses(mountinfo: string): boolean {
  return / - proc \S+ \S*hidepid=(?:2|invisible|4|ptraceable)/.test(mountinfo);
}
