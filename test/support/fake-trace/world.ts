import type { StateEvent, SyscallEvent, TraceEvent, WakeKind, Waker } from '../../../src/trace/event.ts';
import { NR, STACKS } from './kernel.ts';
import { type Act, type Role, SCRIPTS } from './scripts.ts';

/** mulberry32: small, and good enough to look like chance. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A thread, and what it is at. */
export interface Actor {
  readonly pid: number;
  readonly tid: number;
  readonly role: Role;
  comm: string;
  now: number;
  runningSince: number;
  waiting?: { name: string; args: string; entered: number; slept: number };
  left: number;
  parent?: Actor;
}

/** Threads that act, sleep and wake each other in a time of their own, and the events that tell of it. */
export class World {
  readonly events: TraceEvent[] = [];
  readonly actors: Actor[] = [];
  readonly #random: () => number;
  #nextPid = 4800;

  constructor(seed: number) {
    this.#random = chance(seed);
  }

  random(): number {
    return this.#random();
  }

  /** Mostly small, now and then large: as durations are. */
  span(least: number, typical: number): number {
    return Math.round(least + typical * -Math.log(1 - this.random()) * (this.random() < 0.02 ? 30 : 1));
  }

  pick<T>(of: readonly T[]): T {
    return of[Math.floor(this.random() * of.length)]!;
  }

  add(actor: Omit<Actor, 'runningSince'>): Actor {
    const added = { ...actor, runningSince: actor.now };
    this.actors.push(added);
    return added;
  }

  step(actor: Actor): void {
    this.#user(actor);
    if (actor.role === 'child' && actor.left-- <= 0) this.#end(actor);
    else this.#act(actor, this.#choose(SCRIPTS[actor.role]));
  }

  #choose(script: readonly Act[]): Act {
    let dice = this.random() * script.reduce((sum, { often }) => sum + often, 0);
    for (const act of script) {
      dice -= act.often;
      if (dice < 0) return act;
    }
    return script[0]!;
  }

  #act(actor: Actor, act: Act): void {
    const { name, args = '', result = 0 } = act;
    if (act.fork === true) this.#fork(actor);
    else if (act.disk === true) this.#disk(actor, name, args, result);
    else if (act.wakes !== undefined) this.#notify(actor, act.wakes, name, args, act.how ?? 'other');
    else if (act.sleeps === true) this.#sleep(actor, name, args);
    else this.#quick(actor, name, args, result, act.errno, act.resultText);
  }

  /** Nobody wakes it: its time is over. */
  timeout(actor: Actor, at: number): void {
    this.#wake(actor, at, { pid: 0, tid: 0, comm: 'swapper/1', how: 'timer' });
  }

  close(): void {
    for (const actor of this.actors) if (actor.waiting === undefined) this.#stopRunning(actor);
  }

  #fork(actor: Actor): void {
    const entered = actor.now;
    actor.now += this.span(60_000, 60_000);
    const pid = this.#nextPid++;
    const program = this.pick(['date', 'sed', 'cat', 'sleep']);
    const child = this.add({
      pid,
      tid: pid,
      role: 'child',
      comm: actor.comm,
      now: actor.now - 1000,
      left: 4 + Math.floor(this.random() * 9),
      parent: actor,
    });
    this.events.push({
      type: 'spawn',
      pid: actor.pid,
      tid: actor.tid,
      startNs: actor.now - 2000,
      sources: ['strace', 'perf'],
      childPid: pid,
      childTid: pid,
      thread: false,
      call: 'clone',
    });
    this.#call(actor, 'clone', 'child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD', entered, 0, pid);
    this.#exec(child, program);
    this.#sleep(actor, 'wait4', `${pid}, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL`);
  }

  #exec(child: Actor, program: string): void {
    const entered = child.now;
    child.now += this.span(150_000, 100_000);
    this.#call(child, 'execve', `"/usr/bin/${program}", ["${program}"], 0x7ffd /* 23 vars */`, entered, 0, 0);
    child.comm = program;
    const at = { pid: child.pid, tid: child.tid, startNs: child.now, sources: ['strace', 'perf'] } as const;
    this.events.push(
      { type: 'exec', ...at, path: `/usr/bin/${program}`, argv: `["${program}"]` },
      { type: 'comm', ...at, comm: program },
    );
  }

  #end(actor: Actor): void {
    const entered = actor.now;
    actor.now += 20_000;
    const sources = ['strace', 'perf'] as const;
    this.events.push({
      type: 'syscall',
      pid: actor.pid,
      tid: actor.tid,
      nr: 231,
      name: 'exit_group',
      args: '0',
      startNs: entered,
      durationNs: 20_000,
      sources,
      open: 'died',
    });
    this.#stopRunning(actor);
    this.events.push({
      type: 'exit',
      pid: actor.pid,
      tid: actor.tid,
      startNs: actor.now,
      sources,
      status: 0,
      last: true,
    });
    this.actors.splice(this.actors.indexOf(actor), 1);
    const { parent } = actor;
    if (parent?.waiting === undefined) return;
    this.#wake(parent, Math.max(actor.now - 500, parent.waiting.slept + 1), {
      pid: actor.pid,
      tid: actor.tid,
      comm: actor.comm,
      how: 'child-exit',
      during: 'exit_group',
    });
    this.events.push({
      type: 'signal',
      pid: parent.pid,
      tid: parent.tid,
      startNs: parent.now,
      sources: ['strace'],
      signal: 'SIGCHLD',
      code: 'CLD_EXITED',
      senderPid: actor.pid,
      status: 0,
    });
  }

  #user(actor: Actor): void {
    actor.now += this.span(2_000, actor.role === 'worker' ? 120_000 : 30_000);
    if (this.random() > 0.03) return;
    this.#stopRunning(actor);
    const waited = this.span(20_000, 400_000);
    this.#state(actor, 'runnable', actor.now, waited, { preempted: true });
    actor.now += waited;
    actor.runningSince = actor.now;
  }

  #quick(
    actor: Actor,
    name: string,
    args: string,
    result: number,
    errno?: string,
    resultText?: string,
  ): void {
    const entered = actor.now;
    actor.now += this.span(700, 6_000);
    this.#call(actor, name, args, entered, 0, result, errno === undefined ? {} : { errno, resultText });
  }

  #disk(actor: Actor, name: string, args: string, result: number): void {
    this.#sleep(actor, name, args);
    const { slept } = actor.waiting!;
    const took = this.span(60_000, name === 'fsync' ? 9_000_000 : 700_000);
    this.#wake(actor, slept + took, { pid: 4711, tid: 4711, comm: 'node', how: 'disk' }, result);
  }

  #sleep(actor: Actor, name: string, args: string): void {
    const entered = actor.now;
    actor.now += this.span(1_000, 3_000);
    this.#stopRunning(actor);
    actor.waiting = { name, args, entered, slept: actor.now };
  }

  #notify(actor: Actor, role: Role, name: string, args: string, how: WakeKind): void {
    const entered = actor.now;
    const at = entered + 1_500;
    actor.now += this.span(3_000, 6_000);
    const sleeper = this.actors.find(
      (other) => other.role === role && other.waiting !== undefined && other.waiting.slept < at,
    );
    if (sleeper !== undefined)
      this.#wake(sleeper, at, { pid: actor.pid, tid: actor.tid, comm: actor.comm, how, during: name });
    this.#call(actor, name, args, entered, 0, sleeper === undefined ? 0 : 1);
  }

  #wake(actor: Actor, at: number, waker: Waker, result = 0): void {
    const { name, args, entered, slept } = actor.waiting!;
    delete actor.waiting;
    const stack = STACKS[name] ?? ['schedule'];
    const kernelState = name === 'pread64' || name === 'fsync' ? 'D' : 'S';
    this.#state(actor, 'blocked', slept, at - slept, { kernelState, stack, waker, during: name });
    const queued = this.span(4_000, 40_000);
    this.#state(actor, 'runnable', at, queued, { during: name });
    actor.runningSince = at + queued;
    actor.now = actor.runningSince + this.span(1_000, 3_000);
    const timedOut = waker.how === 'timer' && name === 'futex';
    this.#call(actor, name, args, entered, at - slept, timedOut ? -110 : result, {
      runnableNs: queued,
      waker,
      stack,
      ...(timedOut ? { errno: 'ETIMEDOUT', resultText: 'Connection timed out' } : {}),
    });
  }

  #call(
    actor: Actor,
    name: string,
    args: string,
    entered: number,
    blockedNs: number,
    result: number,
    more: Partial<SyscallEvent> = {},
  ): void {
    const durationNs = actor.now - entered;
    const runnableNs = more.runnableNs ?? 0;
    const both = this.random() > 0.01;
    const times = both
      ? { onCpuNs: durationNs - blockedNs - runnableNs, runnableNs, blockedNs, ptraceNs: 0 }
      : {};
    const sources = both ? (['strace', 'perf'] as const) : (['strace'] as const);
    this.events.push({
      type: 'syscall',
      pid: actor.pid,
      tid: actor.tid,
      nr: NR[name] ?? -1,
      name,
      args,
      result,
      startNs: entered,
      durationNs,
      sources,
      straceNs: durationNs + 24_000,
      ...more,
      ...times,
    });
  }

  #stopRunning(actor: Actor): void {
    if (actor.now > actor.runningSince)
      this.#state(actor, 'running', actor.runningSince, actor.now - actor.runningSince, {});
  }

  #state(
    actor: Actor,
    state: StateEvent['state'],
    startNs: number,
    durationNs: number,
    more: Partial<StateEvent>,
  ): void {
    this.events.push({ type: 'state', pid: actor.pid, tid: actor.tid, state, startNs, durationNs, ...more });
  }
}
