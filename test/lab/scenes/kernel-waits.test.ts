import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { childrenOf } from '../../../src/lab/peek.ts';
import { type Actor, playScene } from './on-stage.ts';

const FORKNOEXEC = 0x40;
const SIGKILL = 9;

function switches(actor: Actor): number {
  return Number(actor.status('voluntary_ctxt_switches'));
}

/** Number of the FUSE connection that a server holds; undefined on kernels which do not tell (before 6.18). */
function connectionOf(server: Actor): number | undefined {
  const texts = readdirSync(`/proc/${server.pid}/fdinfo`).map((fd) => server.read(`fdinfo/${fd}`));
  const found = texts.map((text) => /^fuse_connection:\s*(\d+)/m.exec(text)?.[1]).find(Boolean);
  return found === undefined ? undefined : Number(found);
}

describe('scenes of vfork', () => {
  playScene('vfork-wait', ({ actor }) => {
    const [parent, child] = [actor('parent'), actor('child')];
    expect(parent.state).toBe('D');
    expect(parent.frames).toContain('kernel_clone');
    expect(childrenOf(parent.pid)).toEqual([child.pid]);
    expect(child.stat(9) & FORKNOEXEC).toBe(FORKNOEXEC);
  });

  playScene('vfork-exec-fuse', ({ actor }) => {
    expect(childrenOf(actor('parent').pid)).toEqual([actor('child').pid]);
    expect(actor('child').stat(9) & FORKNOEXEC).toBe(FORKNOEXEC);
    expect(actor('daemon').state).toBe('S');
  });

  playScene('vfork-short-loop', async ({ actor }) => {
    const parent = actor('parent');
    const before = switches(parent);
    await expect.poll(() => switches(parent)).toBeGreaterThan(before + 10);
  });
});

describe('scenes of FUSE', () => {
  playScene('fuse-stalled', ({ actor }) => {
    const connection = connectionOf(actor('daemon'));
    const mounts = readFileSync('/proc/self/mountinfo', 'latin1').split('\n');
    const minors = mounts
      .filter((line) => line.includes('fuse.procdiag-lab'))
      .map((line) => line.split(' ')[2]);
    if (connection !== undefined) expect(minors).toContain(`0:${connection}`);
    expect(actor('looker').state).toBe('S');
  });

  playScene('fuse-killed-stuck', ({ actor }) => {
    const looker = actor('looker');
    expect(looker.state).toBe('D');
    expect(looker.has('SigPnd', SIGKILL)).toBe(true);
  });

  playScene('exec-dethread', ({ actor }) => {
    const stuck = actor('stuck');
    const [other] = stuck.threads.filter((tid) => tid !== stuck.pid);
    expect(stuck.framesOf(other!)).toContain('request_wait_answer');
  });

  playScene('exec-leader-in-d', ({ actor }) => {
    const stuck = actor('stuck');
    const [other] = stuck.threads.filter((tid) => tid !== stuck.pid);
    expect(stuck.framesOf(other!)).toMatch(/begin_new_exec|de_thread/);
    expect(stuck.has('SigPnd', SIGKILL)).toBe(true);
  });

  playScene('exec-fuse-flush', ({ actor, looks }) => {
    // The two that never block, and they show nothing: that is the trap of this scene.
    expect(actor('stuck').state).toBe('S');
    expect(actor('stuck').read('comm')).not.toBe('');
    for (const { pid } of looks.filter(({ role }) => role === 'reader')) {
      expect(readFileSync(`/proc/${pid}/status`, 'latin1')).toContain('State:\tD');
    }
  });

  playScene('fuse-healthy', async ({ actor }) => {
    const [reader, daemon] = [actor('reader'), actor('daemon')];
    const before = [switches(reader), switches(daemon)];
    await expect.poll(() => switches(reader)).toBeGreaterThan(before[0]! + 5);
    await expect.poll(() => switches(daemon)).toBeGreaterThan(before[1]! + 5);
  });
});

describe('scenes of disks and freezers', () => {
  playScene('busy-disk-io', async ({ actor }) => {
    const reader = actor('reader');
    const before = switches(reader);
    await expect.poll(() => switches(reader)).toBeGreaterThan(before + 100);
  });

  playScene('fs-frozen', async ({ actor }) => {
    const writer = actor('writer');
    const before = switches(writer);
    await pause(100);
    expect(switches(writer)).toBe(before);
  });

  playScene('freezer-v2-ancestor', ({ actor }) => {
    const own = /^0::(.*)$/m.exec(actor('process').read('cgroup'))?.[1];
    expect(own?.match(/procdiag-/g)).toHaveLength(3);
  });
});

describe('scenes of limits on memory', () => {
  playScene('cgroup-memory-high', ({ actor }) => {
    expect(actor('eater').frames).toMatch(/mem_cgroup_handle_over_high/);
  });

  playScene('cgroup-oom-paused', async ({ actor }) => {
    const eater = actor('eater');
    const before = switches(eater);
    await pause(100);
    expect(switches(eater)).toBe(before);
    expect(eater.read('syscall')).toMatch(/^-1 /);
    // Unlike most of D.
    process.kill(eater.pid, 'SIGKILL');
    await expect.poll(() => eater.state).toBe('');
  });

  playScene('swap-in-throttled', async ({ actor }) => {
    const sleeper = actor('sleeper');
    expect(sleeper.frames).toContain('do_swap_page');
    expect(Number.parseInt(sleeper.status('VmSwap'), 10)).toBeGreaterThan(0);
    process.kill(sleeper.pid, 'SIGKILL');
    await expect.poll(() => sleeper.state).toBe('');
  });
});

describe('scenes of helpers', () => {
  playScene('userfaultfd-wait', ({ actor }) => {
    const handler = actor('handler');
    const [fd] = [...handler.descriptors].find(([, link]) => link === 'anon_inode:[userfaultfd]') ?? [];
    expect(handler.read(`fdinfo/${fd}`)).toMatch(/^pending:\s*1$/m);
    expect(actor('victim').read('syscall')).toMatch(/^-1 /);
  });
});
