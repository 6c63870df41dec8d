import type { Ns, SyscallEvent, TraceEvent, TraceSink } from '../../event.ts';
import { type Call, callOf, descriptorAt, flagAt, isRaw, numberAt, stringAt, succeeded } from '../call.ts';
import { capped, short } from '../capped.ts';
import type { DescriptorTables } from '../descriptors/tables.ts';
import type { Tasks } from '../tasks.ts';
import type { FileLedger, LeftFile, LeftFiles } from './book.ts';

/** That are remembered: of more, the oldest are told no more. */
const MOST_FILES = 50_000;
const MOST_GROUPS = 64;
const MOST_SAMPLES = 8;
const MOST_ARGS = 120;
const MOST_MAKERS = 1000;
const TEMPORARY = /^\/(?:tmp|var\/tmp|dev\/shm)\//;
/** include/uapi/asm-generic/fcntl.h */
const O_CREAT = 0o100;
const O_EXCL = 0o200;
const O_TMPFILE = 0o20000000;
const OWN_FILE = 0o600;
const OWN_DIRECTORY = 0o700;
const CWD = /^AT_FDCWD(?:<(.*)>)?$/s;

interface Made extends LeftFile {
  readonly group: Group;
}

interface Group {
  readonly directory: string;
  readonly comm: string;
  readonly makers: Set<number>;
  pid: number;
  made: number;
}

/** Temporary files and directories that are made, and which of them nobody deletes. Of registers alone no path is known. */
export class FileLedgerSink implements TraceSink {
  readonly #left = new Map<string, Made>();
  readonly #groups = new Map<string, Group>();
  readonly #tables: DescriptorTables;
  readonly #tasks: Tasks;
  #made = 0;
  #deleted = 0;

  constructor(tables: DescriptorTables, tasks: Tasks) {
    this.#tables = tables;
    this.#tasks = tasks;
  }

  event(event: TraceEvent): void {
    if (event.type !== 'syscall' || !HANDLED.has(event.name) || isRaw(event) || !succeeded(event)) return;
    const call = callOf(event);
    switch (event.name) {
      case 'open':
        this.#open(event, call, this.#path(call, undefined, 0), 1);
        break;
      case 'openat':
      case 'openat2':
        this.#open(event, call, this.#path(call, 0, 1), 2);
        break;
      case 'creat':
        this.#makes(event, this.#path(call, undefined, 0), false);
        break;
      case 'mkdir':
        this.#makes(event, this.#path(call, undefined, 0), numberAt(call, 1) === OWN_DIRECTORY);
        break;
      case 'mkdirat':
        this.#makes(event, this.#path(call, 0, 1), numberAt(call, 2) === OWN_DIRECTORY);
        break;
      case 'unlink':
      case 'rmdir':
        this.#deletes(this.#path(call, undefined, 0));
        break;
      case 'unlinkat':
        this.#deletes(this.#path(call, 0, 1));
        break;
      case 'rename':
        this.#renames(event, this.#path(call, undefined, 0), this.#path(call, undefined, 1));
        break;
      case 'renameat':
      case 'renameat2':
        this.#renames(event, this.#path(call, 0, 1), this.#path(call, 2, 3));
    }
  }

  /** Absolute where that can be told; else one of the process alone. Undefined: strace has cut it. */
  #path(call: Call, directory: number | undefined, at: number): string | undefined {
    const name = stringAt(call, at);
    if (name === undefined || name.endsWith('…')) return undefined;
    if (name.startsWith('/')) return name;
    const { pid } = call.event;
    const cwd = directory === undefined ? undefined : CWD.exec(call.args[directory] ?? '');
    if (cwd?.[1] !== undefined) return `${cwd[1]}/${name}`;
    const from = directory === undefined || cwd !== null ? undefined : descriptorAt(call, directory);
    const base =
      from?.target ??
      (from === undefined ? undefined : this.#tables.get(pid)?.slots.get(from.fd)?.description.what);
    return base?.startsWith('/') === true ? `${base}/${name}` : `${pid}:${from?.fd ?? ''}:${name}`;
  }

  #open(event: SyscallEvent, call: Call, path: string | undefined, flags: number): void {
    if (flagAt(call, flags, 'O_CREAT', O_CREAT) !== true) return;
    if (flagAt(call, flags, 'O_TMPFILE', O_TMPFILE) === true) return;
    const isOwn = flagAt(call, flags, 'O_EXCL', O_EXCL) === true && numberAt(call, flags + 1) === OWN_FILE;
    this.#makes(event, path, isOwn);
  }

  /** `own`: it is made as temporary ones are. */
  #makes(event: SyscallEvent, path: string | undefined, own: boolean): void {
    if (path === undefined || !(own || TEMPORARY.test(path)) || this.#left.has(path)) return;
    const { pid, tid, name, args, startNs } = event;
    const directory = directoryOf(path);
    this.#made++;
    const group = this.#group(directory, this.#tasks.comm(pid));
    group.made++;
    group.pid = pid;
    if (group.makers.size < MOST_MAKERS) group.makers.add(pid);
    this.#keep({
      path,
      call: name,
      args: short(args, MOST_ARGS),
      atNs: startNs,
      byPid: pid,
      byTid: tid,
      group,
    });
  }

  #keep(made: Made): void {
    if (this.#left.size >= MOST_FILES)
      for (const first of this.#left.keys()) if (this.#left.delete(first)) break;
    this.#left.set(made.path, made);
  }

  #group(directory: string, comm: string): Group {
    const key = `${comm}\0${directory}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { directory, comm, makers: new Set(), pid: 0, made: 0 };
      // Of more directories than that, it is of no one that many are left.
      if (this.#groups.size < MOST_FILES) this.#groups.set(key, group);
    }
    return group;
  }

  #deletes(path: string | undefined): void {
    if (path !== undefined && this.#left.delete(path)) this.#deleted++;
  }

  #renames(event: SyscallEvent, from: string | undefined, to: string | undefined): void {
    const made = from === undefined ? undefined : this.#left.get(from);
    if (to !== undefined && this.#left.delete(to)) this.#deleted++;
    if (from === undefined || made === undefined) return;
    this.#left.delete(from);
    if (to !== undefined && TEMPORARY.test(to)) this.#keep({ ...made, path: to });
    else this.#deleted++;
    made.group.pid = event.pid;
  }

  finish(endNs: Ns): FileLedger {
    const byGroup = new Map<Group, Made[]>();
    for (const made of this.#left.values()) {
      const list = byGroup.get(made.group);
      if (list === undefined) byGroup.set(made.group, [made]);
      else list.push(made);
    }
    const groups = [...byGroup].map(([group, files]) => leftFiles(group, files, this.#tasks.beginNs, endNs));
    return {
      totals: { made: this.#made, deleted: this.#deleted, left: this.#left.size },
      groups: capped(
        groups.sort((a, b) => b.left - a.left),
        MOST_GROUPS,
      ),
    };
  }
}

const HANDLED: ReadonlySet<string> = new Set([
  'open',
  'openat',
  'openat2',
  'creat',
  'mkdir',
  'mkdirat',
  'unlink',
  'unlinkat',
  'rmdir',
  'rename',
  'renameat',
  'renameat2',
]);

function leftFiles(
  { directory, comm, makers, pid, made }: Group,
  files: readonly Made[],
  fromNs: Ns,
  endNs: Ns,
): LeftFiles {
  const quarters: [number, number, number, number] = [0, 0, 0, 0];
  for (const { atNs } of files) {
    const quarter = Math.floor((4 * (atNs - fromNs)) / Math.max(1, endNs - fromNs));
    quarters[Math.min(3, Math.max(0, quarter)) as 0 | 1 | 2 | 3]++;
  }
  return {
    directory,
    comm,
    pid,
    makers: makers.size,
    made,
    left: files.length,
    quarters,
    samples: capped(
      files.map(({ group: _, ...file }) => file),
      MOST_SAMPLES,
    ),
  };
}

function directoryOf(path: string): string {
  const cut = path.lastIndexOf('/');
  return cut <= 0 ? '/' : path.slice(0, cut);
}
