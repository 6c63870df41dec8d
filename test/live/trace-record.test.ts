import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { analyse } from '../../src/trace/analyse.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { loadRecording } from '../../src/trace/record/files/load.ts';
import { statusOf } from '../../src/trace/record/proc.ts';
import { directory, filesOf, isWell, live, once, recordingOf, saw, straceLog, target } from './recording.ts';
import { tasksBelow } from './traced-program.ts';

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

live('a process in another PID namespace is known by both of its numbers', async () => {
  const inside = await target('threads', 2, { wrapper: ['unshare', '--pid', '--fork', '--kill-child'] });
  const pid = tasksBelow(inside.pid).find(({ name }) => name === 'traced')!.tid;
  const recording = await recordingOf({ pid });
  expect(recording.refusals).toEqual([]);
  expect(recording.meta.tasks[0]?.nspid).toEqual([pid, 1]);
  expect(saw(recording, /clock_nanosleep/)).toBe(true);
});
