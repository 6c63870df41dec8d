import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { analyse } from '../../src/trace/analyse.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { loadRecording } from '../../src/trace/record/files/load.ts';
import {
  directory,
  drive,
  driver,
  filesOf,
  isWell,
  live,
  once,
  recordingOf,
  refusalsOf,
  saw,
  target,
} from './recording.ts';
import { processesOf, tasksBelow } from './traced-program.ts';

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
