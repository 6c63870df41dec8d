import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { withLab } from '../../src/lab/lab.ts';
import { missingNeeds } from '../../src/lab/needs.ts';
import { scenes } from '../../src/lab/registry.ts';
import { analyse } from '../../src/trace/analyse.ts';
import type { StateEvent, SyscallEvent, TraceEvent } from '../../src/trace/event.ts';
import { loadRecording } from '../../src/trace/record/files/load.ts';
import { preflight } from '../../src/trace/record/preflight/preflight.ts';
import { statusOf } from '../../src/trace/record/proc.ts';
import { record } from '../../src/trace/record/record.ts';
import type { RecordError, Recording, RecordRequest } from '../../src/trace/record/request.ts';
import { findPerf, findProgram, findStrace } from '../../src/trace/record/tools.ts';
import { buildDriver } from './trace-killing.ts';
import {
  processesOf,
  startTarget,
  type TargetOptions,
  type TracedTarget,
  tasksBelow,
} from './traced-program.ts';

let why = '';
let directory = '';
let driver = '';

beforeAll(async () => {
  if (process.getuid?.() !== 0) why = 'needs root';
  else if (!('tool' in (await findStrace()))) why = 'needs strace';
  else if (!('tool' in (await findPerf()))) why = 'needs perf';
  else if (findProgram('gcc') === undefined) why = 'needs gcc';
  directory = mkdtempSync(join(tmpdir(), 'procdiag-record-'));
  driver = buildDriver(directory);
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

const live = (name: string, run: () => Promise<void>) =>
  test(name, async (context) => {
    if (why !== '') context.skip(why);
    await run();
  });

async function target(kind: string, argument = 0, options: TargetOptions = {}): Promise<TracedTarget> {
  const started = await startTarget(kind, argument, options);
  onTestFinished(() => started.close());
  return started;
}

async function recordingOf(request: Partial<RecordRequest>): Promise<Recording> {
  const recording = await record({
    strace: true,
    perf: true,
    follow: true,
    durationMs: 200,
    parent: directory,
    version: 'test',
    ...request,
  });
  onTestFinished(() => recording.remove());
  return recording;
}

async function refusalsOf(request: Partial<RecordRequest>): Promise<string[]> {
  const error = await recordingOf(request).then(
    () => undefined,
    (reason: RecordError) => reason,
  );
  return error?.refusals.map(({ source, code }) => `${source} ${code}`) ?? ['recorded'];
}

const straceLog = (recording: Recording) => readFileSync(join(recording.directory, 'strace.log'), 'latin1');
/** No matcher: the log would be the message. */
const saw = (recording: Recording, what: RegExp) => what.test(straceLog(recording));
const filesOf = (recording: Recording) => readdirSync(recording.directory).sort();
const codesOf = ({ refusals }: { refusals: Recording['refusals'] }) =>
  refusals.map(({ source, code }) => `${source} ${code}`);

/** Nobody traces it, nothing of it is stopped, and it works. */
async function isWell(of: TracedTarget): Promise<void> {
  expect(tasksBelow(of.pid).filter(({ state, tracer }) => tracer !== 0 || /[Tt]/.test(state))).toEqual([]);
  expect(await of.goesOn()).toBe(true);
}

live('threads are recorded by strace and by two recorders of perf', async () => {
  const threads = await target('threads', 8);
  const recording = await recordingOf({ pid: threads.pid });
  const { meta } = recording;
  expect(filesOf(recording)).toEqual(['meta.json', 'perf-host.data', 'perf-tree.data', 'strace.log']);
  expect(statSync(recording.directory).mode & 0o777).toBe(0o700);
  expect(JSON.parse(readFileSync(join(recording.directory, 'meta.json'), 'utf8'))).toEqual(meta);
  expect(recording.left).toEqual([]);
  expect(recording.refusals).toEqual([]);
  expect(meta.notes).toEqual([]);
  expect(meta.perf?.files.map(({ role }) => role)).toEqual(['tree', 'host']);
  expect(meta.perf?.blindTids).toEqual([]);
  expect(meta.tasks).toHaveLength(8);
  expect(meta.tasks[0]).toMatchObject({
    pid: threads.pid,
    tid: threads.pid,
    comm: 'traced',
    nspid: [threads.pid],
  });
  expect(meta.descriptors[0]?.fds.filter(([, file]) => file === '/dev/zero')).toHaveLength(8);
  expect(meta.signals).toHaveLength(1);
  const [from, to] = [BigInt(meta.window.fromNs), BigInt(meta.window.toNs)];
  expect(BigInt(meta.strace?.attachedNs ?? 0) <= from && from < to).toBe(true);
  expect(to <= BigInt(meta.strace?.detachedNs ?? 0)).toBe(true);
  expect(new Set(straceLog(recording).match(/^\d+/gm)).size).toBe(8);
  await isWell(threads);
  await recording.remove();
  expect(() => statSync(recording.directory)).toThrow();
});

live('200 threads', async () => {
  const threads = await target('threads', 200);
  const recording = await recordingOf({ pid: threads.pid, durationMs: 300 });
  expect(recording.meta.tasks).toHaveLength(200);
  expect(recording.meta.perf?.blindTids).toEqual([]);
  expect(new Set(straceLog(recording).match(/^\d+/gm)).size).toBe(200);
  expect(recording.left).toEqual([]);
  await isWell(threads);
});

live('a process that forks and vforks without pause', async () => {
  const forks = await target('forks');
  const recording = await recordingOf({ pid: forks.pid, durationMs: 500 });
  expect(saw(recording, /vfork\(/)).toBe(true);
  expect(saw(recording, /execve\("\/bin\/true"/)).toBe(true);
  expect(recording.left).toEqual([]);
  await isWell(forks);
});

live('without --follow its threads alone are recorded', async () => {
  const forks = await target('forks');
  const recording = await recordingOf({ pid: forks.pid, follow: false });
  expect(recording.left).toEqual([]);
  expect(saw(recording, /wait4\(/)).toBe(true);
  expect(saw(recording, /execve\(/)).toBe(false);
  await isWell(forks);
});

live('a name with a newline', async () => {
  const named = await target('name');
  const recording = await recordingOf({ pid: named.pid });
  expect(recording.meta.target.comm).toBe('a\nb> (c) [1');
  expect(recording.meta.tasks[0]?.startTime).toBeGreaterThan(0);
  expect(saw(recording, /clock_nanosleep\(/)).toBe(true);
  await isWell(named);
});

live('a stopped process is recorded, and stays stopped', async () => {
  const stopped = await target('threads', 2);
  process.kill(stopped.pid, 'SIGSTOP');
  await expect.poll(() => tasksBelow(stopped.pid).map(({ state }) => state)).toEqual(['T', 'T']);
  const recording = await recordingOf({ pid: stopped.pid });
  expect(recording.left).toEqual([]);
  expect(saw(recording, /--- stopped by SIGSTOP ---/)).toBe(true);
  expect(tasksBelow(stopped.pid).map(({ state, tracer }) => [state, tracer])).toEqual([
    ['T', 0],
    ['T', 0],
  ]);
  process.kill(stopped.pid, 'SIGCONT');
  await isWell(stopped);
});

live('a stop that comes during the recording is told and not undone', async () => {
  const stopped = await target('threads', 2);
  const recording = await recordingOf({
    pid: stopped.pid,
    perf: false,
    onProgress: ({ stage }) => {
      if (stage === 'recording') process.kill(stopped.pid, 'SIGSTOP');
    },
  });
  expect(recording.left.map(({ what }) => what)).toEqual(['stopped', 'stopped']);
  expect(recording.meta.notes.join()).toMatch(
    /is stopped now and was not when the recording began: kill -CONT/,
  );
  process.kill(stopped.pid, 'SIGCONT');
  await isWell(stopped);
});

const once = (stage: string, act: () => void): Pick<RecordRequest, 'onProgress'> => {
  let done = false;
  return {
    onProgress: (progress) => {
      if (progress.stage !== stage || done) return;
      done = true;
      act();
    },
  };
};

for (const strace of [true, false]) {
  live(
    `a process that ends during the recording ends it, with ${strace ? 'strace' : 'perf alone'}`,
    async () => {
      const threads = await target('threads', 2);
      const recording = await recordingOf({
        pid: threads.pid,
        strace,
        durationMs: 20_000,
        ...once('recording', () => process.kill(threads.pid, 'SIGTERM')),
      });
      expect(recording.endedBy).toBe('target');
      expect(recording.meta.notes).toEqual([]);
      if (strace) expect(saw(recording, /\+\+\+ killed by SIGTERM \+\+\+/)).toBe(true);
    },
  );
}

live('a process that ends while the recorders start', async () => {
  const brief = await target('brief', 60);
  expect(await refusalsOf({ pid: brief.pid })).toEqual(
    expect.arrayContaining([expect.stringMatching(/^(?:strace strace-failed|both (?:zombie|no-process))$/)]),
  );
});

live('a leader that ended while its threads live', async () => {
  const before = await target('leader', 0);
  await expect.poll(() => tasksBelow(before.pid)[0]?.state).toBe('Z');
  const recording = await recordingOf({ pid: before.pid });
  expect(recording.refusals).toEqual([]);
  expect(saw(recording, /clock_nanosleep\(/)).toBe(true);
  expect(recording.left).toEqual([]);
  await isWell(before);
});

live('a leader that ends during the recording', async () => {
  const during = await target('leader', 1);
  const recording = await recordingOf({
    pid: during.pid,
    durationMs: 500,
    ...once('recording', () => process.kill(during.pid, 'SIGUSR1')),
  });
  expect(recording.endedBy).toBe('duration');
  expect(saw(recording, /\bexit\(0/)).toBe(true);
  expect(recording.left).toEqual([]);
  await isWell(during);
});

for (const [without, what] of ['its first one lives', 'its first one has ended'].entries()) {
  live(`threads that are made and end all the time are recorded by both: ${what}`, async () => {
    const churn = await target('churn', without);
    if (without === 1) await expect.poll(() => statusOf(churn.pid)?.state).toBe('Z');
    const recording = await recordingOf({ pid: churn.pid, durationMs: 300 });
    expect(recording.refusals).toEqual([]);
    expect(recording.meta.notes).toEqual([]);
    const trace = loadRecording(recording.directory);
    onTestFinished(() => trace.close());
    expect(analyse({ ...trace.input, sinks: [] }).correlation?.matched).toBeGreaterThan(100);
    expect(recording.left).toEqual([]);
    await isWell(churn);
  });
}

live('what is traced already is left to perf', async () => {
  const scene = scenes.find(({ name }) => name === 'strace-running')!;
  expect(missingNeeds(scene)).toEqual([]);
  await withLab(async (lab) => {
    const [traced] = await scene.setUp(lab);
    const recording = await recordingOf({ pid: traced!.pid });
    expect(codesOf(recording)).toEqual(['strace already-traced']);
    expect(recording.refusals[0]?.message).toMatch(/is traced already, by \d+ \(strace\)/);
    expect(filesOf(recording)).toEqual(['meta.json', 'perf-host.data', 'perf-tree.data']);
    // Told with the answer, which is whole all the same.
    expect(recording.meta.missing).toEqual([expect.stringContaining('is traced already')]);
    expect(recording.meta.partial).toBeUndefined();
    expect(await refusalsOf({ pid: traced!.pid, perf: false })).toEqual(['strace already-traced']);
  });
});

live('what is in D is left to perf', async () => {
  const scene = scenes.find(({ name }) => name === 'vfork-wait')!;
  await withLab(async (lab) => {
    const [stuck] = await scene.setUp(lab);
    const recording = await recordingOf({ pid: stuck!.pid });
    expect(codesOf(recording)).toEqual(['strace uninterruptible']);
    expect(filesOf(recording)).toContain('perf-tree.data');
    expect(filesOf(recording)).not.toContain('strace.log');
  });
});

live('those that cannot be recorded are told apart', async () => {
  const zombies = await target('zombie');
  expect(await refusalsOf({ pid: Number(zombies.line) })).toEqual(['both zombie']);
  expect(await refusalsOf({ pid: 4_194_304 })).toEqual(['both no-process']);
  expect(await refusalsOf({ pid: process.pid })).toEqual(['both ourselves']);
  expect(await refusalsOf({ pid: process.ppid })).toEqual(['both ancestor']);
  expect(await refusalsOf({ pid: 1 })).toEqual(['both init']);
  expect(await refusalsOf({ pid: 1, follow: false, perf: false })).toEqual(['strace init']);
  // As the refusal advises.
  const parent = await recordingOf({ pid: process.ppid, follow: false, strace: false, durationMs: 100 });
  expect(codesOf(parent)).toEqual([]);
  await parent.remove();
  const threads = await target('threads', 2);
  const thread = tasksBelow(threads.pid).find(({ tid }) => tid !== threads.pid)!.tid;
  expect(await refusalsOf({ pid: thread })).toEqual(['both no-process']);
  expect(await refusalsOf({ command: ['/no/such/program'] })).toEqual(['both no-command']);
});

live('a thread of the kernel is left to perf', async () => {
  const found = await preflight(2, { strace: true, perf: true, follow: true });
  expect(codesOf(found)).toEqual(['strace kernel-thread']);
  expect(found.perf).toBeDefined();
  expect(codesOf(await preflight(2, { strace: false, perf: true, follow: true }))).toEqual([]);
});

interface Told {
  readonly events?: TraceEvent[];
  readonly endedBy?: string;
  readonly left?: unknown[];
  readonly refusals?: Recording['refusals'];
  readonly refused?: Recording['refusals'];
  readonly meta?: Recording['meta'];
  readonly directory?: string;
}

interface DriverOptions {
  readonly wrapper?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Sent when the recording has begun. */
  readonly signal?: NodeJS.Signals;
}

/** Records in a process of its own; gives what it told last, and what its command wrote. */
async function drive(
  request: Partial<RecordRequest> & { look?: boolean },
  options: DriverOptions = {},
): Promise<Told & { output: string }> {
  const whole = {
    strace: true,
    perf: true,
    follow: true,
    durationMs: 200,
    parent: directory,
    version: 'test',
    ...request,
  };
  const [program = '', ...args] = [
    ...(options.wrapper ?? []),
    process.execPath,
    driver,
    JSON.stringify(whole),
  ];
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...options.env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdout.on('data', (chunk: Buffer) => {
    if (options.signal !== undefined && chunk.includes('"stage":"recording"')) child.kill(options.signal);
  });
  const lines = (await text(child.stdout)).trim().split('\n');
  const output = lines.filter((line) => !line.startsWith('{'));
  return {
    ...(JSON.parse(lines.findLast((line) => line.startsWith('{'))!) as Told),
    output: output.join('\n'),
  };
}

live('SIGINT, SIGTERM and SIGHUP end the recording, which gives its result', async () => {
  const one = async (signal: NodeJS.Signals) => {
    const threads = await target('threads', 2);
    const told = await drive({ pid: threads.pid, durationMs: 30_000 }, { signal });
    expect(told.endedBy).toBe('stop');
    expect(told.left).toEqual([]);
    expect(told.meta?.notes).toEqual([]);
    await isWell(threads);
  };
  await Promise.all((['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map(one));
});

live('a command is recorded from its first exec, with its exit status', async () => {
  const out = join(directory, 'command.out');
  const command = ['sh', '-c', `cat </dev/null; echo "$0 $1" > ${out}; exit 3`, 'zero', 'a b'] as const;
  const recording = await recordingOf({ command, durationMs: 20_000 });
  expect(recording.endedBy).toBe('target');
  expect(readFileSync(out, 'utf8')).toBe('zero a b\n');
  expect(recording.meta.ended).toEqual({ code: 3 });
  expect(recording.meta.command).toEqual(command);
  expect(saw(recording, /execve\("\S*\/sh", \["\S*sh", "-c"/)).toBe(true);
  expect(saw(recording, /execve\("\S*\/cat"/)).toBe(true);
});

live('a command that goes on after the recording goes on untraced', async () => {
  const recording = await recordingOf({ command: ['sleep', '30'] });
  const { pid, ended } = recording.command!;
  onTestFinished(async () => {
    process.kill(pid);
    await ended;
  });
  expect(recording.endedBy).toBe('duration');
  expect(recording.meta.ended).toBeUndefined();
  expect(tasksBelow(pid)).toMatchObject([{ name: 'sleep', tracer: 0, state: 'S' }]);
});

live('when procdiag is killed, its command goes on untraced, or never starts', async () => {
  const one = async (stage: string, seconds: string) => {
    const parent = mkdtempSync(join(directory, 'killed-'));
    const request = {
      command: ['sleep', seconds],
      strace: true,
      perf: true,
      follow: true,
      parent,
      version: '',
    };
    const child = spawn(process.execPath, [driver, JSON.stringify(request)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const commands = () => processesOf(`sleep\0${seconds}\0`, -1).map((found) => Number.parseInt(found, 10));
    onTestFinished(() => {
      child.kill('SIGKILL');
      for (const pid of commands()) process.kill(pid);
    });
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.includes(`"stage":"${stage}"`)) child.kill('SIGKILL');
    });
    await new Promise((resolve) => {
      child.once('exit', resolve);
    });
    await expect.poll(() => processesOf(parent, -1)).toEqual([]);
    await expect.poll(() => readdirSync(parent)).toEqual([]);
    return commands();
  };
  expect(await one('preparing', '98761.5')).toEqual([]);
  await one('recording', '98762.5');
  // It may still be on its way to its exec.
  const sleeps = () => processesOf('sleep\u000098762.5\0', -1).map((found) => Number.parseInt(found, 10));
  await expect.poll(sleeps).toHaveLength(1);
  expect(tasksBelow(sleeps()[0]!)).toMatchObject([{ name: 'sleep', tracer: 0, state: 'S' }]);
});

live('not root: own processes by strace, others not, and why', async () => {
  const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
  const parent = mkdtempSync(join(directory, 'nobody-'));
  chmodSync(directory, 0o711);
  chmodSync(parent, 0o777);
  chmodSync(driver, 0o644);
  const roots = await target('threads', 2);
  const codes = (told: Told) => codesOf({ refusals: told.refused ?? told.refusals ?? [] });
  expect(codes(await drive({ pid: roots.pid, parent }, { wrapper: nobody }))).toEqual([
    'strace other-user',
    'perf perf-not-permitted',
  ]);
  const own = await target('threads', 2, { wrapper: nobody, directory: parent });
  const told = await drive({ pid: own.pid, parent }, { wrapper: nobody });
  expect(codes(told)).toEqual([]);
  expect(told.meta?.strace?.file).toBe('strace.log');
  expect(told.meta?.perf).toMatchObject({ sees: 'switches', files: [{ role: 'tree' }] });
  expect(told.meta?.notes.join()).toMatch(/could only see when the threads got and left .* Run it as root/);
  expect(
    codes(await drive({ pid: own.pid, parent, strace: false, wholePerf: true }, { wrapper: nobody })),
  ).toEqual(['perf perf-not-permitted']);
  const open = mkdtempSync(join(parent, 'open-'));
  chmodSync(open, 0o777);
  const shielded = await target('shielded', 0, { wrapper: nobody, directory: open });
  expect(codes(await drive({ pid: shielded.pid, parent }, { wrapper: nobody }))).toEqual([
    'strace protected',
    'perf perf-not-permitted',
  ]);
});

live(
  'not root: perf tells on and off the CPU, and with strace beside it where the time of calls went',
  async () => {
    const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
    const parent = mkdtempSync(join(directory, 'switches-'));
    chmodSync(directory, 0o711);
    chmodSync(parent, 0o777);
    chmodSync(driver, 0o644);
    const own = await target('threads', 2, { wrapper: nobody, directory: parent });
    const alone = await drive({ pid: own.pid, parent, strace: false, look: true }, { wrapper: nobody });
    const states = (told: Told, tid: number) =>
      (told.events ?? []).filter((event) => event.type === 'state' && event.tid === tid) as StateEvent[];
    for (const { tid } of tasksBelow(own.pid)) {
      const found = states(alone, tid);
      // One after the other, without gap or overlap, and most of it asleep: it works for microseconds every millisecond.
      expect(found.length).toBeGreaterThan(20);
      for (const [nth, { startNs }] of found.slice(1).entries())
        expect(startNs).toBe(found[nth]!.startNs + found[nth]!.durationNs);
      const sum = (...wanted: string[]) =>
        found.filter(({ state }) => wanted.includes(state)).reduce((all, one) => all + one.durationNs, 0);
      expect(sum('blocked')).toBeGreaterThan(sum('running'));
      expect(sum('ptrace', 'stopped')).toBe(0);
    }
    const both = await drive({ pid: own.pid, parent, look: true }, { wrapper: nobody });
    const calls = (both.events ?? []).filter((event): event is SyscallEvent => event.type === 'syscall');
    const { fromNs, toNs } = both.meta!.window;
    const sleeps = calls.filter(
      ({ name, result, startNs, durationNs }) =>
        name === 'clock_nanosleep' &&
        result === 0 &&
        startNs > 0 &&
        startNs + durationNs < Number(BigInt(toNs) - BigInt(fromNs)),
    );
    expect(sleeps.length).toBeGreaterThan(10);
    const split = sleeps.filter(({ blockedNs }) => blockedNs !== undefined);
    expect(split.length).toBeGreaterThan(sleeps.length * 0.8);
    for (const { durationNs, onCpuNs, runnableNs, blockedNs, ptraceNs, straceNs } of split) {
      expect(onCpuNs! + runnableNs! + blockedNs! + ptraceNs!).toBeCloseTo(durationNs + ptraceNs!, -1);
      expect(durationNs).toBeLessThanOrEqual(straceNs!);
    }
    // A sleep of a millisecond is one: strace's stops around it do not count.
    expect(split.filter(({ durationNs }) => durationNs >= 1_000_000)).toHaveLength(split.length);
    // Its timer may have been started some time before it left the CPU.
    const slept = split.filter(({ blockedNs }) => blockedNs! >= 500_000);
    expect(slept.length).toBeGreaterThan(split.length * 0.8);
    const reads = calls.filter(({ name, blockedNs }) => name === 'read' && blockedNs !== undefined);
    expect(reads.filter(({ blockedNs }) => blockedNs === 0).length).toBeGreaterThan(reads.length * 0.9);
    expect(states(both, own.pid).some(({ state }) => state === 'ptrace')).toBe(true);
  },
);

live('without strace, without perf, or with one that complains', async () => {
  const threads = await target('threads', 2);
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  symlinkSync(findProgram('perf')!, join(bin, 'perf'));
  const onlyPerf = await drive({ pid: threads.pid }, { env: { PATH: bin } });
  expect(codesOf({ refusals: onlyPerf.refusals! })).toEqual(['strace no-strace']);
  expect(onlyPerf.meta?.perf?.files).toHaveLength(2);
  rmSync(join(bin, 'perf'));
  symlinkSync(findProgram('strace')!, join(bin, 'strace'));
  writeFileSync(
    join(bin, 'perf'),
    `#!/bin/sh\necho "WARNING: perf not found for kernel 6.8.0-45" >&2\necho "  You may need to install the following packages for this specific kernel:" >&2\necho "    linux-tools-6.8.0-45-generic" >&2\nexit 2\n`,
    { mode: 0o755 },
  );
  const onlyStrace = await drive({ pid: threads.pid }, { env: { PATH: bin } });
  expect(onlyStrace.refusals).toMatchObject([
    { source: 'perf', code: 'perf-broken', remedy: 'Install it: apt install linux-tools-6.8.0-45-generic.' },
  ]);
  expect(onlyStrace.meta?.strace?.file).toBe('strace.log');
  const neither = await drive({ pid: threads.pid }, { env: { PATH: '/nowhere' } });
  expect(codesOf({ refusals: neither.refused! })).toEqual(['strace no-strace', 'perf no-perf']);
  await isWell(threads);
});

live('a disk that fills up ends the recording', async () => {
  const small = join(directory, 'small');
  mkdirSync(small);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=140M', 'tmpfs', small]);
  onTestFinished(() => void execFileSync('umount', ['-l', small]));
  const hot = await target('hot');
  const request = { pid: hot.pid, parent: small, durationMs: 20_000 };
  const slowly = await recordingOf({ ...request, strace: false });
  expect(slowly.endedBy).toBe('disk-short');
  expect(slowly.meta.notes.join()).toMatch(/the disk was nearly full/);
  await slowly.remove();
  // Somebody else takes all that is left, in one go.
  const suddenly = await recordingOf({
    ...request,
    onProgress: ({ stage }) => {
      if (stage === 'recording')
        spawnSync('dd', ['if=/dev/zero', `of=${small}/full`, 'bs=1M'], { stdio: 'ignore' });
    },
  });
  expect(suddenly.endedBy).toBe('disk-short');
  expect(suddenly.left).toEqual([]);
  expect(filesOf(suddenly)).toContain('meta.json');
  await suddenly.remove();
  expect(await refusalsOf(request)).toEqual(['both disk-short']);
  await isWell(hot);
});

live('a hot thread, which only perf slows down, is bounded', async () => {
  const hot = await target('hot');
  const recording = await recordingOf({
    pid: hot.pid,
    strace: false,
    durationMs: 20_000,
    mostBytes: { perf: 20e6 },
  });
  expect(recording.endedBy).toBe('too-much');
  expect(recording.meta.notes.join()).toMatch(/perf had written \d+ MB, more than its limit/);
  await isWell(hot);
});

for (const strace of [true, false]) {
  live(`--syscalls narrows perf, too, ${strace ? 'beside strace' : 'alone'}`, async () => {
    const forks = await target('forks');
    const recording = await recordingOf({
      pid: forks.pid,
      strace,
      syscalls: 'wait4,/^open',
      durationMs: 400,
    });
    const trace = loadRecording(recording.directory);
    const events: TraceEvent[] = [];
    const beside = new Set<string>();
    const { correlation } = analyse({
      ...trace.input,
      sinks: [{ event: (event) => void events.push(event), beside: ({ name }) => void beside.add(name) }],
    });
    trace.close();
    const names = new Set(events.flatMap((event) => (event.type === 'syscall' ? [event.name] : [])));
    expect(names).toEqual(new Set(['openat', 'wait4']));
    expect(beside.has('exit_group') || beside.has('exit')).toBe(true);
    expect(beside.has('mmap')).toBe(false);
    for (const type of ['spawn', 'exec', 'exit']) expect(events.map((event) => event.type)).toContain(type);
    if (strace) expect(correlation?.matched).toBe(correlation?.eligible);
    expect(trace.notes().join()).toMatch(/Only the calls of wait4,\/\^open were asked for/);
    await isWell(forks);
  });
}

live(
  'the calls of a program of 32 bits go by their own names, also by perf alone, and those of what it executes',
  async () => {
    const program = join(directory, 'narrow');
    const source = join(import.meta.dirname, 'programs/narrow.c');
    const flags = ['-m32', '-nostdlib', '-static', '-O1', '-fno-pie', '-no-pie', '-fno-stack-protector'];
    execFileSync('gcc', [...flags, '-Wno-pointer-to-int-cast', '-o', program, source]);
    const child = spawn(program, [], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const recording = await recordingOf({ pid: child.pid!, strace: false, durationMs: 500 });
    const trace = loadRecording(recording.directory);
    const events: TraceEvent[] = [];
    analyse({ ...trace.input, sinks: [{ event: (event) => void events.push(event) }] });
    trace.close();
    const namesOf = (isIt: (pid: number) => boolean) =>
      new Set(events.flatMap((one) => (one.type === 'syscall' && isIt(one.pid) ? [one.name] : [])));
    const own = namesOf((pid) => pid === child.pid);
    expect(own).toEqual(new Set(['nanosleep', 'fork', 'waitpid', 'getppid']));
    const others = namesOf((pid) => pid !== child.pid);
    expect(others).toContain('execve');
    expect(others).toContain('exit_group');
    expect(others).toContain('openat');
    // execve by the table of 32 bits, of a program that has become one of 64.
    expect(others).not.toContain('oldolduname');
  },
);

live('what a killed perf has written is read: calls and all', async () => {
  const hot = await target('hot');
  let done = false;
  const recording = await recordingOf({
    pid: hot.pid,
    strace: false,
    durationMs: 20_000,
    onProgress: ({ stage, perfBytes }) => {
      if (stage !== 'recording' || done || perfBytes < 20_000_000) return;
      done = true;
      const perf = processesOf(directory, -1).find((line) => line.includes('sched:sched_switch'));
      process.kill(Number.parseInt(perf!, 10), 'SIGKILL');
    },
  });
  expect(recording.meta.notes.join()).toMatch(/perf ended before the recording did \(SIGKILL\)/);
  const events: TraceEvent[] = [];
  const trace = loadRecording(recording.directory);
  analyse({ ...trace.input, sinks: [{ event: (event) => void events.push(event) }] });
  expect(trace.notes().join()).not.toMatch(/how the fields .* are laid out/);
  trace.close();
  expect(events.filter(({ type }) => type === 'syscall').length).toBeGreaterThan(10_000);
  await isWell(hot);
});

live('a strace that somebody ends leaves perf recording', async () => {
  const threads = await target('threads', 2);
  let done = false;
  const recording = await recordingOf({
    pid: threads.pid,
    durationMs: 700,
    onProgress: ({ stage }) => {
      const tracer = tasksBelow(threads.pid)[0]!.tracer;
      if (stage !== 'recording' || done || tracer === 0) return;
      done = true;
      process.kill(tracer, 'SIGKILL');
    },
  });
  expect(recording.endedBy).toBe('duration');
  expect(recording.meta.notes).toEqual([
    'strace ended before the recording did (SIGKILL): what it gives ends there.',
  ]);
  await isWell(threads);
});

live(
  'children that perf would miss for their youth get a recorder of their own, and are in one only',
  async () => {
    const loop = 'for nth in $(seq 60); do "$@" & sleep 0.05; done; wait';
    const shell = await target('name', 0, { wrapper: ['sh', '-c', loop, 'sh'] });
    await expect.poll(() => tasksBelow(shell.pid).length).toBeGreaterThan(3);
    const recording = await recordingOf({ pid: shell.pid, strace: false, durationMs: 500 });
    expect(recording.meta.perf?.files.map(({ role }) => role)).toEqual(['tree', 'host', 'late']);
    const [inTree, inLate] = ['perf-tree.data', 'perf-late.data'].map((file) => {
      const script = execFileSync(
        'perf',
        ['script', '-F', 'tid', '-G', '-i', join(recording.directory, file)],
        {
          stdio: ['ignore', 'pipe', 'ignore'],
          maxBuffer: 1e9,
        },
      );
      return new Set(
        String(script)
          .split('\n')
          .map((line) => Number(line.trim()))
          .filter((tid) => tid > 0),
      );
    });
    expect(inLate!.size).toBeGreaterThan(3);
    expect(inTree!.size).toBeGreaterThan(3);
    expect([...inLate!].filter((tid) => inTree!.has(tid))).toEqual([]);
  },
);

live('when its guard is killed, the recording ends, and nothing stays', async () => {
  const threads = await target('threads', 2);
  const recording = await recordingOf({
    pid: threads.pid,
    durationMs: 20_000,
    onProgress: ({ stage }) => {
      if (stage !== 'recording') return;
      const guard = processesOf(directory, -1).find((line) => line.includes('procdiag-guard'));
      process.kill(Number.parseInt(guard!, 10), 'SIGKILL');
    },
  });
  expect(recording.endedBy).toBe('guard');
  expect(recording.left).toEqual([]);
  await isWell(threads);
  await recording.remove();
  expect(processesOf(recording.directory, -1)).toEqual([]);
  expect(() => statSync(recording.directory)).toThrow();
});

live('a strace that does not detach is killed', async () => {
  const threads = await target('threads', 4);
  let done = false;
  const recording = await recordingOf({
    pid: threads.pid,
    perf: false,
    onProgress: ({ stage }) => {
      if (stage !== 'recording' || done) return;
      done = true;
      // It does not act on the signal, as one that waits for a vfork parent does not either.
      process.kill(tasksBelow(threads.pid)[0]!.tracer, 'SIGSTOP');
    },
  });
  expect(recording.meta.notes).toEqual([
    expect.stringMatching(/^strace did not detach within 2 s and was killed/),
  ]);
  expect(recording.left).toEqual([]);
  await isWell(threads);
});

live('a tracefs that is not for us leaves strace, and the switches', async () => {
  const threads = await target('threads', 2);
  const hide =
    'mount -t tmpfs tmpfs /sys/kernel/debug; mount -t tmpfs tmpfs /sys/kernel/tracing && mkdir /sys/kernel/tracing/events && exec "$@"';
  const wrapper = ['unshare', '-m', 'sh', '-c', hide, 'sh'];
  const told = await drive({ pid: threads.pid }, { wrapper });
  expect(told.refusals).toEqual([]);
  expect(told.meta?.strace?.file).toBe('strace.log');
  expect(told.meta?.perf?.sees).toBe('switches');
  expect(told.meta?.notes.join()).toMatch(/shows no tracepoints: tracefs is not mounted/);
});

live('a process in another PID namespace is known by both of its numbers', async () => {
  const inside = await target('threads', 2, { wrapper: ['unshare', '--pid', '--fork', '--kill-child'] });
  const pid = tasksBelow(inside.pid).find(({ name }) => name === 'traced')!.tid;
  const recording = await recordingOf({ pid });
  expect(recording.refusals).toEqual([]);
  expect(recording.meta.tasks[0]?.nspid).toEqual([pid, 1]);
  expect(saw(recording, /clock_nanosleep/)).toBe(true);
});
