import { describe, expect } from 'vitest';
import { childrenOf } from '../../../src/lab/peek.ts';
import { playScene } from './on-stage.ts';

const EXIT_CODE = 52;

describe('scenes of zombies and orphans', () => {
  playScene('subreaper-not-reaping', ({ actor }) => {
    const [zombie, subreaper] = [actor('zombie'), actor('subreaper')];
    expect(zombie.state).toBe('Z');
    expect(zombie.number('PPid')).toBe(subreaper.pid);
    expect(childrenOf(subreaper.pid)).toEqual([zombie.pid]);
    expect(subreaper.frames).not.toContain('do_wait');
  });

  playScene('zombie-parent-sleeping', ({ actor }) => {
    const [zombie, parent] = [actor('zombie'), actor('parent')];
    expect(zombie.state).toBe('Z');
    expect(zombie.stat(EXIT_CODE)).toBe(7 << 8);
    expect(zombie.number('PPid')).toBe(parent.pid);
    expect(zombie.number('TracerPid')).toBe(0);
    expect(parent.state).toBe('S');
    expect(parent.frames).not.toContain('do_wait');
  });

  playScene('zombie-parent-stopped', ({ actor }) => {
    const [zombie, parent] = [actor('zombie'), actor('parent')];
    expect(zombie.state).toBe('Z');
    expect(zombie.number('PPid')).toBe(parent.pid);
    expect(parent.state).toBe('T');
  });

  playScene('zombie-parent-dstate', ({ actor }) => {
    const [zombie, parent, child] = [actor('zombie'), actor('parent'), actor('child')];
    expect(zombie.state).toBe('Z');
    expect(parent.state).toBe('D');
    expect(childrenOf(parent.pid)).toEqual([zombie.pid, child.pid]);
    expect(child.state).toBe('S');
  });

  playScene('leader-dead-live-threads', ({ actor }) => {
    const leader = actor('process');
    expect(leader.state).toBe('Z');
    expect(leader.number('Threads')).toBe(2);
    const [thread] = leader.threads.filter((tid) => tid !== leader.pid);
    expect(leader.framesOf(thread ?? 0)).toContain('pause');
  });

  playScene('orphan-adopted', ({ actor, looks }) => {
    const orphan = actor('orphan');
    expect(orphan.number('PPid')).toBe(looks[0]?.culprit);
    expect(orphan.state).toBe('S');
  });

  playScene('zombie-churn', async ({ actor }) => {
    const parent = actor('parent');
    const seen = new Set<number>();
    await expect
      .poll(() => {
        for (const pid of childrenOf(parent.pid)) seen.add(pid);
        return seen.size;
      })
      .toBeGreaterThan(5);
    expect(childrenOf(parent.pid).length).toBeLessThanOrEqual(1);
  });
});
