import { describe, expect } from 'vitest';
import { childrenOf, stateOf } from '../../../src/lab/peek.ts';
import { playScene } from './on-stage.ts';

const SIGTERM = 15;
const FLAGS = 9;
const PF_EXITING = 0x4;

describe('scenes of PID namespaces', () => {
  playScene('pidns-init-not-reaping', ({ actor }) => {
    const [init, zombie] = [actor('init'), actor('zombie')];
    expect(init.levels.at(-1)).toBe(1);
    expect(init.levels).toHaveLength(2);
    expect(childrenOf(init.pid).map((pid) => stateOf(pid))).toEqual(Array(8).fill('Z'));
    expect(zombie.number('PPid')).toBe(init.pid);
  });

  playScene('pidns-injected', ({ actor }) => {
    const [init, parent, injected] = [actor('init'), actor('parent'), actor('injected')];
    expect(injected.levels).toHaveLength(2);
    expect(injected.link('ns/pid')).toBe(init.link('ns/pid'));
    expect(injected.number('PPid')).toBe(parent.pid);
    expect(parent.levels).toHaveLength(1);
    expect(parent.link('ns/pid_for_children')).not.toBe(parent.link('ns/pid'));
    expect(parent.frames).toContain('do_wait');
  });

  playScene('pidns-injected-zombie', ({ actor }) => {
    const [init, parent, zombie] = [actor('init'), actor('parent'), actor('zombie')];
    expect(zombie.state).toBe('Z');
    expect(zombie.link('ns/pid')).toBe(init.link('ns/pid'));
    expect(zombie.number('PPid')).toBe(parent.pid);
    expect(parent.levels).toHaveLength(1);
    expect(parent.frames).not.toContain('do_wait');
  });

  playScene('pidns-teardown-stuck', ({ actor }) => {
    const [runtime, init, parent, zombie] = ['runtime', 'init', 'parent', 'zombie'].map(actor);
    expect(init?.state).toBe('S');
    expect(init?.frames).toContain('zap_pid_ns_processes');
    expect((init?.stat(FLAGS) ?? 0) & PF_EXITING).toBe(PF_EXITING);
    expect(init?.number('PPid')).toBe(runtime?.pid);
    expect(runtime?.frames).toContain('do_wait');
    expect(zombie?.state).toBe('Z');
    expect(zombie?.levels).toHaveLength(2);
    expect(zombie?.number('PPid')).toBe(parent?.pid);
    expect(parent?.levels).toHaveLength(1);
  });

  playScene('pidns-fork-enomem', ({ actor }) => {
    const shell = actor('shell');
    expect(shell.link('ns/pid_for_children')).not.toBe(shell.link('ns/pid'));
    expect(childrenOf(shell.pid)).toEqual([]);
  });

  playScene('pidns-init-ignores-sigterm', ({ actor }) => {
    const init = actor('init');
    expect(init.levels.at(-1)).toBe(1);
    // The scene has sent it: it is neither caught, ignored, blocked nor pending, and init lives.
    for (const set of ['SigCgt', 'SigIgn', 'SigBlk', 'SigPnd', 'ShdPnd'] as const) {
      expect(init.has(set, SIGTERM)).toBe(false);
    }
    expect(init.state).toBe('S');
  });
});
