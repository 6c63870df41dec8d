import { type CgroupMembership, parseCgroup } from '../procfs/cgroup.ts';
import { type ProcSched, parseSched } from '../procfs/sched.ts';
import { type Frame, parseStack } from '../procfs/stack.ts';
import { type ProcStat, parseStat } from '../procfs/stat.ts';
import { type ProcStatus, parseStatus } from '../procfs/status.ts';
import { parseSyscall, type SyscallState } from '../procfs/syscall.ts';
import { type Arch, syscallName } from '../procfs/syscall-names.ts';
import { parseWchan } from '../procfs/wchan.ts';
import type { Key } from './keys.ts';
import type { World } from './world.ts';

/** One task of a process, as its files show it. All getters are `undefined` for what could not be read. */
export class ThreadEvidence {
  readonly pid: number;
  readonly tid: number;
  /** Where its files are cited from: `/proc/PID` for the leader, `/proc/PID/task/TID` for all others. */
  readonly dir: string;
  readonly #world: World;
  readonly #arch: Arch;
  /** False: only `stat` and `wchan` are read of it, since it is one of very many. */
  readonly deep: boolean;

  constructor(world: World, pid: number, tid: number, arch: Arch, deep: boolean) {
    this.#world = world;
    this.pid = pid;
    this.tid = tid;
    this.#arch = arch;
    this.deep = deep;
    this.dir = tid === pid ? `/proc/${pid}` : `/proc/${pid}/task/${tid}`;
  }

  get isLeader(): boolean {
    return this.tid === this.pid;
  }

  /** The files that say where the thread is now, to be read at each look. */
  get volatileKeys(): Key[] {
    const names = this.deep ? ['status', 'sched', 'stat', 'wchan', 'stack', 'syscall'] : ['stat', 'wchan'];
    return names.map((name) => `${this.dir}/${name}`);
  }

  path(name: string): string {
    return `${this.dir}/${name}`;
  }

  get status(): ProcStatus | undefined {
    return this.deep ? this.#world.parsed(this.path('status'), parseStatus) : undefined;
  }

  get stat(): ProcStat | undefined {
    return this.#world.parsed(this.path('stat'), parseStat);
  }

  get sched(): ProcSched | undefined {
    return this.deep ? this.#world.parsed(this.path('sched'), parseSched) : undefined;
  }

  /** State letter (proc(5)): R S D T t Z X I. `status` first: it never blocks. */
  get state(): string {
    return this.status?.state ?? this.stat?.state ?? '?';
  }

  get comm(): string {
    return this.status?.name ?? this.stat?.comm ?? '';
  }

  get wchan(): string | undefined {
    return this.#world.parsed(this.path('wchan'), parseWchan);
  }

  /** True when the kernel stack could be read (it is root's; empty for a running task or a zombie). */
  get hasStack(): boolean {
    return this.stack !== undefined;
  }

  get stack(): readonly Frame[] | undefined {
    return this.deep ? this.#world.parsed(this.path('stack'), parseStack) : undefined;
  }

  /** Function names, innermost first: the kernel stack, or the wait channel alone where the stack cannot be read. */
  get frames(): readonly string[] {
    const stack = this.stack;
    if (stack !== undefined && stack.length > 0) return stack.map((frame) => frame.name);
    const wchan = this.wchan;
    return wchan === undefined ? [] : [wchan];
  }

  /** The kernel modules of the frames, by the same index; none where only the wait channel is known. */
  get modules(): readonly (string | undefined)[] {
    return (this.stack ?? []).map((frame) => frame.module);
  }

  get syscall(): SyscallState | undefined {
    return this.deep ? this.#world.parsed(this.path('syscall'), parseSyscall) : undefined;
  }

  /** Name of the system call it is in, if any. */
  get syscallName(): string | undefined {
    const call = this.syscall;
    return call?.kind === 'in' ? (syscallName(call.nr, this.#arch) ?? `syscall_${call.nr}`) : undefined;
  }

  /** Argument `index` of the system call it is in, as the kernel holds it (unsigned 64 bits). */
  argument(index: number): bigint | undefined {
    const call = this.syscall;
    return call?.kind === 'in' ? call.args[index] : undefined;
  }

  /** Argument `index` as a C int: descriptors, pids, operations. */
  intArgument(index: number): number | undefined {
    const value = this.argument(index);
    return value === undefined ? undefined : Number(BigInt.asIntN(32, value));
  }

  get cgroups(): readonly CgroupMembership[] {
    return this.#world.parsed(this.path('cgroup'), parseCgroup) ?? [];
  }

  /** The stat of a process has the CPU time of all its threads: a leader that sleeps seems to run while another one does. */
  get #speaksForOthers(): boolean {
    return this.isLeader && (this.status?.threads ?? 1) > 1;
  }

  /** Switches and CPU time grew, or state, stack or system call changed between the looks; undefined with one look only. */
  get moved(): boolean | undefined {
    const stats = this.#world.parsedHistory(this.path('stat'), parseStat);
    const first = stats[0];
    const last = stats.at(-1);
    const signs: [unknown, unknown][] = [];
    if (first !== undefined && last !== undefined && stats.length > 1) {
      signs.push([first.state, last.state], [first.startTime, last.startTime]);
      if (!this.#speaksForOthers) signs.push([first.utime + first.stime, last.utime + last.stime]);
    }
    const ran = this.deep ? this.#world.parsedHistory(this.path('sched'), parseSched) : [];
    if (this.#speaksForOthers && ran.length > 1) signs.push([ran[0]?.execStartMs, ran.at(-1)?.execStartMs]);
    if (this.deep) {
      const status = this.#world.parsedHistory(this.path('status'), parseStatus);
      const [before, after] = [status[0], status.at(-1)];
      if (status.length > 1 && before !== undefined && after !== undefined) {
        signs.push([before.state, after.state], [switchesOf(before), switchesOf(after)]);
      }
      const stacks = this.#world
        .history(this.path('stack'))
        .map((o) => (o.kind === 'text' ? o.text : undefined));
      if (stacks.length > 1 && stacks[0] !== undefined && stacks.at(-1) !== undefined) {
        signs.push([stacks[0], stacks.at(-1)]);
      }
    }
    return signs.length === 0 ? undefined : signs.some(([before, after]) => before !== after);
  }

  /**
   * In one and the same system call, with the same arguments and from the same place, whenever it was seen asleep. A poll goes
   * on with what is left of its time: of such the set counts.
   */
  get staysInCall(): boolean {
    const looks = this.#world.history(this.path('syscall'));
    const calls = looks
      .map((outcome) => (outcome.kind === 'text' ? this.#withoutTime(outcome.text) : ''))
      .filter((text) => !text.startsWith('running'));
    return (
      looks.length > 1 && calls.length > 0 && calls[0] !== '' && calls.every((call) => call === calls[0])
    );
  }

  #withoutTime(text: string): string {
    const call = parseSyscall(text);
    if (call?.kind !== 'in' || !POLLS.test(syscallName(call.nr, this.#arch) ?? '')) return text;
    return [call.nr, call.args[0], call.args[1], call.sp, call.pc].join(' ');
  }

  /** State letters of all looks, oldest first. */
  get states(): readonly string[] {
    const letters = this.#world.parsedHistory(
      this.path(this.deep ? 'status' : 'stat'),
      this.deep ? stateInStatus : stateInStat,
    );
    return letters.filter((letter) => letter !== undefined);
  }

  /** CPU seconds used between the first and the last look, from `stat` (ticks of 10 ms); undefined with one look. */
  get cpuBetweenLooks(): { user: number; system: number } | undefined {
    const stats = this.#world.parsedHistory(this.path('stat'), parseStat);
    const [first, last] = [stats[0], stats.at(-1)];
    if (stats.length < 2 || first === undefined || last === undefined) return undefined;
    return { user: (last.utime - first.utime) / 100, system: (last.stime - first.stime) / 100 };
  }

  /** Has it given up its CPU by itself between the first and the last look? undefined with one look. */
  get sleptBetweenLooks(): boolean | undefined {
    const all = this.#world.parsedHistory(this.path('status'), parseStatus);
    const [first, last] = [all[0]?.voluntarySwitches, all.at(-1)?.voluntarySwitches];
    return all.length < 2 || first === undefined || last === undefined ? undefined : first !== last;
  }

  /**
   * Seconds since the task last ran, from one look: `se.exec_start` (ms of its CPU's clock, kernel/sched/debug.c) against
   * our own. A lower bound where the host steals time from a virtual machine.
   */
  get secondsAsleep(): number | undefined {
    const own = this.#world.parsed('/proc/self/sched', parseSched)?.execStartMs;
    const then = this.sched?.execStartMs;
    if (own === undefined || then === undefined || then <= 0) return undefined;
    return Math.max(0, (own - then) / 1000);
  }
}

/** The first two arguments tell the set that is watched. */
const POLLS = /^(?:p?poll|p?select6?|_newselect|epoll_p?wait2?)$/;

const switchesOf = (status: ProcStatus) =>
  (status.voluntarySwitches ?? 0) + (status.nonvoluntarySwitches ?? 0);
const stateInStatus = (text: string) => parseStatus(text)?.state;
const stateInStat = (text: string) => parseStat(text)?.state;
