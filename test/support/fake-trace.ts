import type { TraceHead } from '../../src/report/trace/output.ts';
import type { TraceSummary } from '../../src/report/trace/summary.ts';
import type { StateEvent, SyscallEvent, TraceEvent, WakeKind, Waker } from '../../src/trace/event.ts';

/** A made-up trace of a small server, its database and a shell, as a correlation would give it. The same for the same seed. */
export interface FakeTrace {
  readonly head: TraceHead;
  readonly events: readonly TraceEvent[];
  readonly summary: TraceSummary;
}

const STACKS: Readonly<Record<string, readonly string[]>> = {
  futex: [
    'schedule',
    'futex_do_wait',
    '__futex_wait',
    'futex_wait',
    'do_futex',
    '__x64_sys_futex',
    'do_syscall_64',
  ],
  epoll_wait: [
    'schedule',
    'schedule_hrtimeout_range',
    'do_epoll_wait',
    '__x64_sys_epoll_wait',
    'do_syscall_64',
  ],
  read: ['schedule', 'anon_pipe_read', 'vfs_read', 'ksys_read', '__x64_sys_read', 'do_syscall_64'],
  pread64: [
    'io_schedule',
    'folio_wait_bit_common',
    'filemap_read',
    'vfs_read',
    '__x64_sys_pread64',
    'do_syscall_64',
  ],
  fsync: [
    'io_schedule',
    'folio_wait_writeback',
    'ext4_sync_file',
    'do_fsync',
    '__x64_sys_fsync',
    'do_syscall_64',
  ],
  wait4: ['schedule', 'do_wait', 'kernel_wait4', '__do_sys_wait4', '__x64_sys_wait4', 'do_syscall_64'],
  recvfrom: [
    'schedule',
    'schedule_timeout',
    'unix_stream_read_generic',
    'unix_stream_recvmsg',
    '__sys_recvfrom',
    'do_syscall_64',
  ],
  nanosleep: ['schedule', 'do_nanosleep', 'hrtimer_nanosleep', '__x64_sys_clock_nanosleep', 'do_syscall_64'],
};

const NR: Readonly<Record<string, number>> = {
  read: 0,
  write: 1,
  close: 3,
  stat: 4,
  mmap: 9,
  brk: 12,
  pread64: 17,
  sendto: 44,
  recvfrom: 45,
  clone: 56,
  execve: 59,
  exit_group: 231,
  wait4: 61,
  fsync: 74,
  futex: 202,
  openat: 257,
  epoll_wait: 232,
  nanosleep: 230,
};

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

type Role = 'main' | 'worker' | 'backend' | 'shell' | 'child';

/** Something that a thread does now and then. */
interface Act {
  readonly often: number;
  readonly name: string;
  readonly args?: string;
  readonly result?: number;
  readonly errno?: string;
  readonly resultText?: string;
  readonly sleeps?: true;
  readonly disk?: true;
  readonly fork?: true;
  readonly wakes?: Role;
  readonly how?: WakeKind;
}

const SCRIPTS: Readonly<Record<Role, readonly Act[]>> = {
  main: [
    { often: 30, name: 'epoll_wait', args: '13<anon_inode:[eventpoll]>, [], 1024, 250', sleeps: true },
    { often: 20, name: 'read', args: '21<socket:[88213]>, "GET /orders HTTP/1.1\\r\\n", 65536', result: 412 },
    { often: 20, name: 'write', args: '21<socket:[88213]>, "HTTP/1.1 200 OK\\r\\n", 1841', result: 1841 },
    {
      often: 15,
      name: 'futex',
      args: '0x7f3a1c0008c8, FUTEX_WAKE_PRIVATE, 1',
      wakes: 'worker',
      how: 'futex',
    },
    {
      often: 8,
      name: 'sendto',
      args: '19<UNIX-STREAM:[90112->90113]>, "SELECT", 96, MSG_NOSIGNAL, NULL, 0',
      wakes: 'backend',
      how: 'socket',
    },
    {
      often: 7,
      name: 'openat',
      args: 'AT_FDCWD, "/srv/app/.env.local", O_RDONLY|O_CLOEXEC',
      result: -2,
      errno: 'ENOENT',
      resultText: 'No such file or directory',
    },
  ],
  worker: [
    { often: 45, name: 'futex', args: '0x7f3a1c0008c8, FUTEX_WAIT_PRIVATE, 0, NULL', sleeps: true },
    {
      often: 15,
      name: 'pread64',
      args: '24</srv/app/data/orders.db>, "\\0\\0\\1"..., 4096, 81920',
      result: 4096,
      disk: true,
    },
    {
      often: 20,
      name: 'write',
      args: '15<anon_inode:[eventfd]>, "\\1\\0\\0\\0\\0\\0\\0\\0", 8',
      wakes: 'main',
      how: 'epoll',
    },
    {
      often: 20,
      name: 'mmap',
      args: 'NULL, 262144, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0',
      result: 0x7f3a20000000,
    },
  ],
  backend: [
    {
      often: 50,
      name: 'recvfrom',
      args: '9<UNIX-STREAM:[90113->90112]>, 0x55d0c1, 8192, 0, NULL, NULL',
      sleeps: true,
    },
    { often: 15, name: 'fsync', args: '31</var/lib/db/pg_wal/000000010000000000000003>', disk: true },
    {
      often: 15,
      name: 'pread64',
      args: '30</var/lib/db/base/16384/2619>, ""..., 8192, 0',
      result: 8192,
      disk: true,
    },
    {
      often: 20,
      name: 'sendto',
      args: '9<UNIX-STREAM:[90113->90112]>, "T\\0\\0\\0"..., 184, 0, NULL, 0',
      wakes: 'main',
      how: 'socket',
    },
  ],
  shell: [
    { often: 12, name: 'nanosleep', args: '{tv_sec=0, tv_nsec=50000000}, NULL', sleeps: true },
    { often: 10, name: 'stat', args: '"/usr/bin/date", {st_mode=S_IFREG|0755, st_size=109736, ...}' },
    { often: 8, name: 'clone', fork: true },
  ],
  child: [
    { often: 30, name: 'openat', args: 'AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC', result: 3 },
    { often: 20, name: 'close', args: '3</etc/ld.so.cache>' },
    { often: 15, name: 'nanosleep', args: '{tv_sec=0, tv_nsec=50000000}, NULL', sleeps: true },
    { often: 35, name: 'brk', args: '0x5581a3c1f000', result: 0x5581a3c1f000 },
  ],
};

interface Actor {
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

class World {
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

const TASKS: readonly [tid: number, pid: number, comm: string, role: Role][] = [
  [4711, 4711, 'node', 'main'],
  [4712, 4711, 'libuv-worker', 'worker'],
  [4713, 4711, 'libuv-worker', 'worker'],
  [4714, 4711, 'libuv-worker', 'worker'],
  [4715, 4711, 'libuv-worker', 'worker'],
  [4730, 4730, 'postgres', 'backend'],
  [4731, 4731, 'postgres', 'backend'],
  [4760, 4760, 'sh', 'shell'],
];

/** At least `events` events, and few more. */
export function fakeTrace({ events, seed = 1 }: { events: number; seed?: number }): FakeTrace {
  const world = new World(seed);
  for (const [tid, pid, comm, role] of TASKS)
    world.add({ tid, pid, comm, role, now: (tid - 4700) * 900, left: 0 });
  while (world.events.length < events) {
    const awake = world.actors.filter((actor) => actor.waiting === undefined);
    const next = awake.reduce<Actor | undefined>(
      (first, actor) => (first === undefined || actor.now < first.now ? actor : first),
      undefined,
    );
    const horizon = next?.now ?? Infinity;
    const overdue = world.actors.find(
      (actor) =>
        actor.waiting !== undefined &&
        actor.waiting.name !== 'wait4' &&
        actor.waiting.slept + patience(actor.waiting.name) < horizon,
    );
    if (overdue?.waiting !== undefined)
      world.timeout(overdue, overdue.waiting.slept + patience(overdue.waiting.name));
    else if (next !== undefined) world.step(next);
  }
  world.close();
  return { head: HEAD, events: world.events, summary: SUMMARY };
}

/** After how long a sleeper is woken from outside: by its timer, or by a request from elsewhere. */
function patience(name: string): number {
  return name === 'nanosleep' ? 50_000_000 : name === 'epoll_wait' ? 1_700_000 : 40_000_000;
}

const HEAD: TraceHead = {
  toolVersion: '0.1.0',
  clock: { originNs: 9_007_199_254_740_993_123n, offsetNs: 1_700_000_000_000_000_000n, offsetErrorNs: 1800 },
  target: { pid: 4711, comm: 'node' },
  recordedAt: '2026-03-14T09:26:53Z',
  tasks: TASKS.map(([tid, pid, comm]) => ({ tid, pid, comm })),
};

const SUMMARY: TraceSummary = {
  story: [
    'node waited for 81 % of the time, most of it in epoll_wait for its workers and for the database.',
    'The longest wait was wait4 of 4760 sh: of its 301 ms, 250 ms are the nanosleep of 4803 sleep.',
    'postgres 4731 spent 34 % of the time in fsync of its write-ahead log.',
  ],
  findings: [
    {
      severity: 'warning',
      title: 'fsync on the path of requests',
      text: '212 requests waited for fsync in 4731 postgres, 9.1 ms each.',
      tid: 4731,
      atNs: 5_000_000,
    },
    {
      severity: 'info',
      title: 'a file looked for in vain',
      text: '/srv/app/.env.local does not exist and is opened for every request.',
    },
  ],
  facts: [
    { name: 'matched', value: '99.997 % of 61 204 eligible calls' },
    { name: 'clock error', value: '1.8 µs' },
    { name: 'sources', value: 'strace 6.1, perf 6.1' },
    { name: 'lost', value: 'nothing' },
  ],
  tables: [
    {
      title: 'Processes',
      note: 'Everything that was started, and what became of it.',
      columns: [
        { title: 'process', kind: 'tid' },
        { title: 'command', kind: 'text' },
        { title: 'started', kind: 'time' },
        { title: 'lived', kind: 'duration' },
        { title: 'end', kind: 'text' },
      ],
      rows: [
        [4800, 'date', 3_400_000, 900_000, 'exit 0, reaped by 4760 after 0.2 ms'],
        [4801, 'sleep 0.05', 9_400_000, 52_000_000, 'exit 0, reaped by 4760 after 0.1 ms'],
      ],
    },
    {
      title: 'Descriptors',
      note: 'Left open at the end, with the call that made each.',
      columns: [
        { title: 'fd', kind: 'count' },
        { title: 'process', kind: 'tid' },
        { title: 'what', kind: 'text' },
        { title: 'made by', kind: 'text' },
      ],
      rows: [
        [24, 4711, '/srv/app/data/orders.db', 'openat'],
        [25, 4711, 'socket:[88213]', 'accept4'],
      ],
    },
    {
      title: 'Signals',
      columns: [
        { title: 'signal', kind: 'text' },
        { title: 'sent', kind: 'count' },
        { title: 'handled', kind: 'count' },
      ],
      rows: [['SIGCHLD', 14, 14]],
    },
    {
      title: 'Watches',
      columns: [
        { title: 'what', kind: 'text' },
        { title: 'added', kind: 'count' },
        { title: 'left', kind: 'count' },
      ],
      rows: [['epoll', 31, 4]],
    },
    {
      title: 'Correlation',
      note: 'How well the two sources agree.',
      columns: [
        { title: 'figure', kind: 'text' },
        { title: 'calls', kind: 'count' },
        { title: 'share', kind: 'ratio' },
      ],
      rows: [
        ['matched', 61_202, 0.99997],
        ['before perf', 2, 0.00003],
      ],
    },
  ],
};
