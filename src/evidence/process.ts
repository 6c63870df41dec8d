import { type CgroupMembership, parseCgroup } from '../procfs/cgroup.ts';
import { parseChildren } from '../procfs/children.ts';
import { parseCmdline } from '../procfs/cmdline.ts';
import { type FdLink, parseFdLinks } from '../procfs/fd-links.ts';
import { type FdInfo, parseFdinfo } from '../procfs/fdinfo.ts';
import { type Mount, parseMountinfo } from '../procfs/mountinfo.ts';
import { type ProcStat, parseStat } from '../procfs/stat.ts';
import { type ProcStatus, parseStatus } from '../procfs/status.ts';
import type { Arch } from '../procfs/syscall-names.ts';
import { type Key, links } from './keys.ts';
import type { Outcome } from './outcome.ts';
import { ThreadEvidence } from './thread.ts';
import type { World } from './world.ts';

/** Up to this many threads are read in full; of more, only samples of each kind of sleep are (see `threads`). */
const DEEP_THREADS = 300;
/** How many threads of one (state, wait channel) are read in full in a process of very many. */
const SAMPLES_A_KIND = 4;

/** Task flags of stat field 9 (include/linux/sched.h). */
const PF_EXITING = 0x4;
const PF_KTHREAD = 0x20_0000;

/** One process, as its files show it. All getters are `undefined` (or empty) for what could not be read. */
export class ProcessEvidence {
  readonly pid: number;
  readonly dir: string;
  readonly #world: World;
  readonly #arch: Arch;
  readonly #threads = new Map<string, ThreadEvidence>();
  #chosen: { tids: readonly number[]; threads: readonly ThreadEvidence[] } | undefined;

  constructor(world: World, pid: number, arch: Arch) {
    this.#world = world;
    this.#arch = arch;
    this.pid = pid;
    this.dir = `/proc/${pid}`;
  }

  /** Asks for all that nearly every question needs, so that one batch brings it. */
  prefetch(): void {
    this.#world.want([
      `${this.dir}/status`,
      `${this.dir}/task/`,
      `${this.dir}/cmdline`,
      links(`${this.dir}/fd`),
    ]);
    this.#world.want(this.leader.volatileKeys);
  }

  /** For the process that was asked about: its namespaces too. */
  prefetchTarget(): void {
    this.prefetch();
    this.#world.want([links(this.namespaceDir), ...this.threads.flatMap((thread) => thread.volatileKeys)]);
  }

  get status(): ProcStatus | undefined {
    return this.#world.parsed(`${this.dir}/status`, parseStatus);
  }

  /** Its status at every look. */
  get statuses(): ProcStatus[] {
    const all = this.#world.parsedHistory(`${this.dir}/status`, parseStatus);
    return all.filter((status) => status !== undefined);
  }

  /** False when there is no such process (any more). `status` never blocks. */
  get exists(): boolean {
    return this.status !== undefined;
  }

  get stat(): ProcStat | undefined {
    return this.#world.parsed(`${this.dir}/stat`, parseStat);
  }

  /** Ticks since boot; with the pid the identity of the process. */
  get startTime(): number | undefined {
    return this.stat?.startTime;
  }

  get comm(): string {
    return this.status?.name ?? this.stat?.comm ?? '';
  }

  /** `4711 api-worker`; raw bytes of the comm. */
  get label(): string {
    return `${this.pid} ${this.comm}`;
  }

  get state(): string {
    return this.status?.state ?? this.stat?.state ?? '?';
  }

  get flags(): number {
    return this.stat?.flags ?? 0;
  }

  get isKernelThread(): boolean {
    return this.status?.kthread ?? (this.flags & PF_KTHREAD) !== 0;
  }

  /** Inside exit, and not a zombie yet. */
  get isExiting(): boolean {
    return (this.flags & PF_EXITING) !== 0 && this.state !== 'Z';
  }

  get cmdline(): readonly string[] | undefined {
    return this.#world.parsed(`${this.dir}/cmdline`, parseCmdline);
  }

  get cmdlineOutcome(): Outcome | undefined {
    return this.#world.outcome(`${this.dir}/cmdline`);
  }

  get cgroups(): readonly CgroupMembership[] {
    return this.#world.parsed(`${this.dir}/cgroup`, parseCgroup) ?? [];
  }

  /** A zombie leader has no files of its own; those of a live thread speak for the process. */
  get #fileDir(): string {
    if (this.state !== 'Z') return this.dir;
    const live = this.threads.find((thread) => !thread.isLeader && thread.state !== 'Z');
    return live?.dir ?? this.dir;
  }

  get mounts(): readonly Mount[] {
    return this.#world.parsed(this.mountinfoPath, parseMountinfo) ?? [];
  }

  get mountinfoPath(): string {
    return `${this.#fileDir}/mountinfo`;
  }

  mount(id: number | undefined): Mount | undefined {
    return id === undefined ? undefined : this.mounts.find((mount) => mount.id === id);
  }

  get leader(): ThreadEvidence {
    return this.#thread(this.pid, true);
  }

  get tids(): readonly number[] {
    return this.#world.parsed(`${this.dir}/task/`, parseTids) ?? [];
  }

  /** All tasks, in order of their numbers. Of very many, only samples of each kind are `deep`. */
  get threads(): readonly ThreadEvidence[] {
    const tids = this.tids;
    if (this.#chosen?.tids === tids) return this.#chosen.threads;
    const threads =
      tids.length <= DEEP_THREADS ? tids.map((tid) => this.#thread(tid, true)) : this.#samples(tids);
    // What state a task is in is not known before its stat is there: nothing is chosen for good until then.
    const complete =
      tids.length <= DEEP_THREADS || threads.every((t) => this.#world.peek(t.path('stat')) !== undefined);
    if (complete) this.#chosen = { tids, threads };
    return threads;
  }

  #samples(tids: readonly number[]): ThreadEvidence[] {
    const seen = new Map<string, number>();
    return tids.map((tid) => {
      if (tid === this.pid) return this.leader;
      const shallow = this.#thread(tid, false);
      const kind = `${shallow.state} ${shallow.wchan ?? ''}`;
      const count = seen.get(kind) ?? 0;
      seen.set(kind, count + 1);
      return shallow.stat !== undefined && count < SAMPLES_A_KIND ? this.#thread(tid, true) : shallow;
    });
  }

  thread(tid: number): ThreadEvidence | undefined {
    return this.tids.includes(tid) ? this.#thread(tid, true) : undefined;
  }

  #thread(tid: number, deep: boolean): ThreadEvidence {
    const slot = `${tid}${deep ? '' : '-'}`;
    let thread = this.#threads.get(slot);
    if (thread === undefined) {
      thread = new ThreadEvidence(this.#world, this.pid, tid, this.#arch, deep);
      this.#threads.set(slot, thread);
      this.#world.want(thread.volatileKeys);
    }
    return thread;
  }

  /** Children of all tasks, zombies included, in order of birth (needs CONFIG_PROC_CHILDREN: every distribution has it). */
  get children(): readonly number[] {
    const tids = this.tids.slice(0, DEEP_THREADS);
    return tids.flatMap((tid) => this.#world.parsed(this.childrenPath(tid), parseChildren) ?? []);
  }

  childrenPath(tid: number = this.pid): string {
    return `${this.dir}/task/${tid}/children`;
  }

  get fdDir(): string {
    return `${this.#fileDir}/fd`;
  }

  get fds(): readonly FdLink[] {
    return this.#world.parsed(links(this.fdDir), parseFdLinks) ?? [];
  }

  get fdOutcome(): Outcome | undefined {
    return this.#world.outcome(links(this.fdDir));
  }

  /** Numbers of the open descriptors, also where the links do not answer. */
  get fdNumbers(): readonly number[] {
    return this.#world.parsed(`${this.fdDir}/`, parseTids) ?? [];
  }

  fd(number: number): FdLink | undefined {
    return this.fds.find((fd) => fd.fd === number);
  }

  fdPath(number: number): string {
    return `${this.fdDir}/${number}`;
  }

  fdinfoPath(number: number): string {
    return `${this.#fileDir}/fdinfo/${number}`;
  }

  fdinfo(number: number): FdInfo | undefined {
    return this.#world.parsed(this.fdinfoPath(number), parseFdinfo);
  }

  /** `pid`, `net`, `mnt` … → inode text such as `pid:[4026531836]`; undefined where it cannot be read. */
  namespace(name: string): string | undefined {
    const found = this.#world.parsed(links(this.namespaceDir), parseFdLinks);
    return found?.find((link) => link.name === name)?.target;
  }

  get namespaceDir(): string {
    return `${this.#fileDir}/ns`;
  }

  /** `exe`, `cwd`, `root`. */
  link(name: 'exe' | 'cwd' | 'root'): string | undefined {
    return this.#world.parsed(links(this.#fileDir), parseFdLinks)?.find((link) => link.name === name)?.target;
  }

  outcome(name: string): Outcome | undefined {
    return this.#world.outcome(`${this.dir}/${name}`);
  }

  /** Files to be read at each look. */
  get volatileKeys(): Key[] {
    return [
      `${this.dir}/status`,
      `${this.dir}/task/`,
      ...this.threads.flatMap((thread) => thread.volatileKeys),
    ];
  }
}

function parseTids(text: string): number[] {
  return text === ''
    ? []
    : text
        .split('\n')
        .map(Number)
        .filter(Number.isInteger)
        .sort((a, b) => a - b);
}
