import { type FdLink, parseFdLinks } from '../procfs/fd-links.ts';
import { type FileLock, parseLocks } from '../procfs/locks.ts';
import { type ProcStat, parseStat } from '../procfs/stat.ts';
import { type ProcStatus, parseStatus } from '../procfs/status.ts';
import type { Arch } from '../procfs/syscall-names.ts';
import { CANARY, type Key, links, SELF } from './keys.ts';
import { type Blocked, isLost, type Outcome } from './outcome.ts';
import type { World } from './world.ts';

/** Who looks, and from where. */
export interface Self {
  /** In the /proc that is looked at; 0 = it does not show us. */
  readonly pid: number;
  /** That /proc is another PID namespace's: its numbers are not ours. */
  readonly foreign?: boolean;
  readonly uid: number;
  readonly arch: string;
  readonly hostname: string;
  readonly kernel: string;
}

/** A process that has a thing open, and by which descriptor. */
export interface Holder {
  readonly pid: number;
  readonly fd: number;
  readonly access: FdLink['access'];
  readonly target: string;
}

/** What is asked of the whole host. Every question costs a read of each process, so it is asked only when a wait needs it. */
export class HostEvidence {
  readonly #world: World;
  #pids: { all: readonly number[]; others: readonly number[] } | undefined;
  #table:
    | {
        pids: readonly number[];
        missing: number;
        /** Lost for want of time. */
        late: readonly Key[];
        /** Lost since the process does not answer. */
        silent: readonly Key[];
        holders: Map<string, Holder[]>;
      }
    | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  get self(): Self {
    return this.#world.parsed(SELF, parseSelf) ?? { pid: -1, uid: -1, arch: 'x64', hostname: '', kernel: '' };
  }

  get arch(): Arch {
    return this.self.arch === 'arm64' ? 'arm64' : 'x64';
  }

  /** All processes of this /proc, without ourselves. */
  get pids(): readonly number[] {
    const all = this.#world.parsed('/proc/', parsePids) ?? [];
    if (this.#pids?.all !== all) {
      const own = this.self.pid;
      this.#pids = { all, others: all.filter((pid) => pid !== own) };
    }
    return this.#pids.others;
  }

  status(pid: number): ProcStatus | undefined {
    return this.#world.parsed(`/proc/${pid}/status`, parseStatus);
  }

  stat(pid: number): ProcStat | undefined {
    return this.#world.parsed(`/proc/${pid}/stat`, parseStat);
  }

  /** Status of every process: cheap and never blocks. */
  get statuses(): ReadonlyMap<number, ProcStatus> {
    const all = new Map<number, ProcStatus>();
    for (const pid of this.pids) {
      const status = this.status(pid);
      if (status !== undefined) all.set(pid, status);
    }
    return all;
  }

  /** Processes each reader of which hangs, as `ps` and `lsof` do. Known once the canary, or their `stat`, has been read. */
  get silent(): readonly number[] {
    if (!this.#isCanaryRead() || !this.#world.hasBlocked) return [];
    return this.pids.filter((pid) => this.silence(pid) !== undefined);
  }

  /** Whether every process's `stat` has been tried: by one question, else by one each. False = it has been asked for now. */
  #isCanaryRead(): boolean {
    const canary = this.#world.outcome(CANARY);
    if (canary === undefined || canary.kind === 'text') return canary !== undefined;
    const stats = this.pids.map((pid) => `/proc/${pid}/stat`);
    this.#world.want(stats);
    return stats.every((key) => this.#world.peek(key) !== undefined);
  }

  /**
   * The read of a process that shows that its `stat` does not answer: that of `stat` itself, or of its links, which on
   * every kernel block only where `stat` does too (and then it may be they that were tried).
   */
  silence(pid: number): { key: Key; outcome: Blocked } | undefined {
    for (const key of [`/proc/${pid}/stat`, links(`/proc/${pid}/fd`), links(`/proc/${pid}/ns`)]) {
      const outcome = this.#world.peek(key);
      if (outcome?.kind === 'blocked') return { key, outcome };
    }
    return undefined;
  }

  /** Everybody who has `target` open (`pipe:[123]`, `socket:[9]`, `/dev/fuse`), by descriptor links of the whole host. */
  holders(target: string): readonly Holder[] {
    return this.#asFarAsKnown(this.#fdTable()?.holders.get(target) ?? []);
  }

  /** Everybody with a descriptor whose target satisfies `test`. */
  holdersWhere(test: (target: string) => boolean): readonly Holder[] {
    const all = [...(this.#fdTable()?.holders ?? [])].filter(([target]) => test(target));
    return this.#asFarAsKnown(all.flatMap(([, holders]) => holders));
  }

  /**
   * Holders that explain a wait: two or more, since one is mostly the waiter. With fewer, those processes count whose
   * descriptors cannot be read as they are stuck themselves: they may be who is looked for. (A host with one such process is
   * not to make all readers of pipes unknown.)
   */
  #asFarAsKnown(holders: readonly Holder[]): readonly Holder[] {
    if (new Set(holders.map(({ pid }) => pid)).size < 2) {
      for (const key of this.#table?.silent ?? []) this.#world.outcome(key);
    }
    return holders;
  }

  /**
   * How many processes' descriptors could be read, and how many not; of these, how many were lost (see Outcome), and of
   * these, how many for want of time.
   */
  get fdCoverage(): { seen: number; missing: number; lost: number; late: number } {
    const table = this.#fdTable();
    const { missing, silent, late } = table ?? { missing: 0, silent: [], late: [] };
    const lost = silent.length + late.length;
    return { seen: (table?.pids.length ?? 0) - missing, missing, lost, late: late.length };
  }

  #fdTable() {
    const pids = this.pids;
    if (this.#table?.pids.length === pids.length) {
      // Whoever asks anew is to know, too, what it lacks.
      for (const key of this.#table.late) this.#world.outcome(key);
      return this.#table;
    }
    const keys = pids.map((pid) => links(`/proc/${pid}/fd`));
    // The canary first: a process whose stat hangs makes its links hang on the same kernels.
    if (keys.some((key) => this.#world.peek(key) === undefined)) {
      if (!this.#isCanaryRead()) return undefined;
      this.#world.want(keys);
      // A capture answers at once, and asks for no further round.
      if (keys.some((key) => this.#world.peek(key) === undefined)) return undefined;
    }
    const holders = new Map<string, Holder[]>();
    let missing = 0;
    const silent: Key[] = [];
    const late: Key[] = [];
    pids.forEach((pid, index) => {
      const key = keys[index] ?? '';
      // Whether it counts that one is lost is said by what is looked for.
      const fds = this.#world.losing(() => this.#world.parsed(key, parseFdLinks)).result;
      if (fds === undefined && !isGone(this.#world.peek(key))) missing++;
      if (isLost(this.#world.peek(key))) {
        (this.silence(pid) === undefined ? late : silent).push(key);
      }
      for (const { fd, access, target } of fds ?? []) {
        const known = holders.get(target);
        const holder = { pid, fd, access, target };
        if (known) known.push(holder);
        else holders.set(target, [holder]);
      }
    });
    this.#table = { pids, missing, late, silent, holders };
    for (const key of late) this.#world.outcome(key);
    return this.#table;
  }

  /** Network namespaces of this host's processes, with one process of each. */
  get networks(): ReadonlyMap<string, number> {
    const found = new Map<string, number>();
    // As for descriptors: whose stat hangs is not asked.
    if (!this.#isCanaryRead()) return found;
    const pids = this.pids.filter((pid) => this.silence(pid) === undefined);
    this.#world.want(pids.map((pid) => links(`/proc/${pid}/ns`)));
    for (const pid of pids) {
      const key = links(`/proc/${pid}/ns`);
      if (this.#world.peek(key) === undefined) continue;
      const network = this.#world.parsed(key, parseFdLinks)?.find(({ name }) => name === 'net')?.target;
      if (network !== undefined && !found.has(network)) found.set(network, pid);
    }
    return found;
  }

  get locks(): readonly FileLock[] {
    return this.#world.parsed('/proc/locks', parseLocks) ?? [];
  }
}

/** Ended since it was listed: nothing of it is left to be seen. */
const isGone = (outcome: Outcome | undefined) =>
  outcome?.kind === 'error' && /^(?:ENOENT|ESRCH)$/.test(outcome.errno);

function parsePids(text: string): number[] {
  return text
    .split('\n')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function parseSelf(text: string): Self {
  return JSON.parse(text) as Self;
}
