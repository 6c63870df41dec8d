import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { withLab } from '../../src/lab/lab.ts';
import { missingNeeds } from '../../src/lab/needs.ts';
import { scenes } from '../../src/lab/registry.ts';
import type { StateEvent, SyscallEvent } from '../../src/trace/event.ts';
import { preflight } from '../../src/trace/record/preflight/preflight.ts';
import { findProgram } from '../../src/trace/record/tools.ts';
import {
  codesOf,
  directory,
  drive,
  driver,
  filesOf,
  isWell,
  live,
  recordingOf,
  refusalsOf,
  type Told,
  target,
} from './recording.ts';
import { tasksBelow } from './traced-program.ts';

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
