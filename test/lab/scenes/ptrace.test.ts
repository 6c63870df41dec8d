import { describe, expect } from 'vitest';
import { type Actor, playScene } from './on-stage.ts';

const SIGTRAP = 5;
const SIGSTOP = 19;
/** A syscall stop under PTRACE_O_TRACESYSGOOD. */
const SYSCALL_STOP = SIGTRAP | 0x80;
const EXIT_CODE = 52;

describe('scenes of tracing', () => {
  playScene('gdb-stop', ({ actor }) => {
    const target = actor('target');
    expect(target.state).toBe('t');
    expect(target.number('TracerPid')).toBe(actor('gdb').pid);
    expect(actor('gdb').status('Name')).toBe('gdb');
    expect(target.stat(EXIT_CODE)).toBe(0);
  });

  playScene('tracer-holds', ({ actor }) => {
    const target = actor('target');
    expect(target.state).toBe('t');
    expect(target.number('TracerPid')).toBe(actor('tracer').pid);
    expect(target.stat(EXIT_CODE)).toBe(0);
    expect(actor('tracer').state).toBe('S');
  });

  playScene('sigstop-traced', async ({ actor }) => {
    const [target, kept] = [actor('target'), actor('kept')];
    const own = (of: Actor): number => {
      const text = of.read(`task/${of.pid}/stat`);
      return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[EXIT_CODE - 3]);
    };
    // All that the kernel tells of the two is the same …
    for (const each of [target, kept]) {
      expect([each.state, each.stat(EXIT_CODE), own(each)]).toEqual(['t', SIGSTOP, 0]);
      expect(each.read('wchan')).toBe('ptrace_stop');
    }
    expect(target.frames.replaceAll(/0x\w+/g, '')).toBe(kept.frames.replaceAll(/0x\w+/g, ''));
    // … until SIGCONT comes.
    for (const { pid } of [target, kept]) process.kill(pid, 'SIGCONT');
    await expect.poll(() => target.state).toBe('S');
    await expect.poll(() => kept.stat(EXIT_CODE)).toBe(0);
    expect(kept.state).toBe('t');
  });

  playScene('tracer-stopped', ({ actor }) => {
    const target = actor('target');
    expect(target.state).toBe('t');
    expect(target.number('TracerPid')).toBe(actor('tracer').pid);
    expect(target.stat(EXIT_CODE)).toBe(SYSCALL_STOP);
    expect(actor('tracer').state).toBe('T');
  });

  playScene('tracer-chain', ({ actor }) => {
    const [target, middle, top] = [actor('target'), actor('middle'), actor('top')];
    expect([target.state, middle.state, top.state]).toEqual(['t', 't', 'S']);
    expect(target.number('TracerPid')).toBe(middle.pid);
    expect(middle.number('TracerPid')).toBe(top.pid);
    expect(top.number('TracerPid')).toBe(0);
    expect(target.stat(EXIT_CODE)).toBe(SYSCALL_STOP);
    expect(middle.stat(EXIT_CODE)).toBe(0);
  });

  playScene('zombie-held-by-tracer', ({ actor, looks }) => {
    const [child, parent] = [actor('child'), actor('parent')];
    expect(child.state).toBe('Z');
    expect(child.number('PPid')).toBe(parent.pid);
    expect(child.number('TracerPid')).toBe(looks[0]?.culprit);
    expect(child.number('TracerPid')).not.toBe(parent.pid);
    expect(child.stat(EXIT_CODE)).toBe(7 << 8);
    expect(parent.frames).toContain('do_wait');
    expect(parent.args[0]).toBe(child.pid);
  });

  playScene('traced-running', async ({ actor }) => {
    const target = actor('target');
    expect(target.number('TracerPid')).toBe(actor('tracer').pid);
    const before = Number(target.status('voluntary_ctxt_switches'));
    await expect.poll(() => Number(target.status('voluntary_ctxt_switches'))).toBeGreaterThan(before);
    expect(target.state).not.toBe('t');
  });

  playScene('attach-to-d', ({ actor }) => {
    const [parent, child, strace] = [actor('parent'), actor('child'), actor('strace')];
    expect(parent.state).toBe('D');
    expect(parent.number('TracerPid')).toBe(strace.pid);
    expect(child.number('PPid')).toBe(parent.pid);
    expect(strace.status('Name')).toBe('strace');
    expect(strace.frames).toContain('do_wait');
  });

  playScene('traceme-child', ({ actor }) => {
    const child = actor('child');
    expect(child.state).toBe('t');
    expect(child.number('TracerPid')).toBe(child.number('PPid'));
    expect(child.status('Name')).toBe('sleep');
    expect(child.stat(EXIT_CODE)).toBe(SIGTRAP);
  });

  playScene('seccomp-notify', ({ actor }) => {
    const victim = actor('victim');
    expect(victim.frames).toContain('seccomp_do_user_notification');
    expect(victim.number('Seccomp')).toBe(2);
    expect([...victim.descriptors.values()]).not.toContain('anon_inode:seccomp notify');
    expect([...actor('supervisor').descriptors.values()]).toContain('anon_inode:seccomp notify');
  });

  playScene('strace-running', async ({ actor }) => {
    const target = actor('target');
    expect(actor('strace').status('Name')).toBe('strace');
    expect(target.number('TracerPid')).toBe(actor('strace').pid);
    const before = Number(target.status('voluntary_ctxt_switches'));
    await expect.poll(() => Number(target.status('voluntary_ctxt_switches'))).toBeGreaterThan(before);
  });
});
