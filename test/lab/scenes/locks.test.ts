import { readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { stateOf } from '../../../src/lab/peek.ts';
import { type Actor, playScene } from './on-stage.ts';

/** The lines of /proc/locks about the file that the waiter wants, held and waited for. */
function locksOn(waiter: Actor): { held: string[]; waiting: string[] } {
  const inode = /^ino:\t(\d+)/m.exec(waiter.read(`fdinfo/${waiter.args[0]}`))?.[1];
  const lines = readFileSync('/proc/locks', 'latin1')
    .split('\n')
    .filter((line) => line.includes(`:${inode} `));
  return {
    held: lines.filter((line) => !line.includes('->')),
    waiting: lines.filter((line) => line.includes('->')),
  };
}

function lockLinesOf(actor: Actor): string {
  return [...actor.descriptors.keys()].map((fd) => actor.read(`fdinfo/${fd}`)).join('');
}

describe('scenes of file locks', () => {
  for (const [name, kind] of [
    ['flock-held', 'FLOCK'],
    ['lock-holder-stopped', 'FLOCK'],
    ['posix-lock-held', 'POSIX'],
    ['ofd-lock-held', 'OFDLCK'],
  ] as const) {
    playScene(name, ({ actor }) => {
      const [waiter, holder] = [actor('waiter'), actor('holder')];
      expect(waiter.state).toBe('S');
      const { held, waiting } = locksOn(waiter);
      const owner = kind === 'OFDLCK' ? '-1' : String(holder.pid);
      expect(held).toHaveLength(1);
      expect(held[0]).toMatch(new RegExp(`${kind}\\s+ADVISORY\\s+WRITE\\s+${owner} `));
      expect(waiting).toHaveLength(1);
      expect(lockLinesOf(holder)).toMatch(new RegExp(`^lock:.*${kind}`, 'm'));
      expect(holder.state).toBe(name === 'lock-holder-stopped' ? 'T' : 'S');
    });
  }

  playScene('lease-held', ({ actor }) => {
    const [waiter, holder] = [actor('waiter'), actor('holder')];
    const locks = readFileSync('/proc/locks', 'latin1').split('\n');
    expect(locks.filter((line) => line.includes(` ${holder.pid} `)).join()).toMatch(/LEASE +BREAKING/);
    expect(locks.filter((line) => line.includes(` ${waiter.pid} `)).join()).toMatch(/-> LEASE/);
  });

  playScene('file-lock-deadlock', ({ actor }) => {
    const [first, second] = [actor('first'), actor('second')];
    for (const [waiter, holder] of [
      [first, second],
      [second, first],
    ] as const) {
      const { held, waiting } = locksOn(waiter);
      expect(held[0]).toContain(` ${holder.pid} `);
      expect(waiting[0]).toContain(` ${waiter.pid} `);
    }
  });

  playScene('lock-pipe-deadlock', ({ actor }) => {
    const [writer, logger] = [actor('writer'), actor('logger')];
    expect(locksOn(logger).held[0]).toContain(` ${writer.pid} `);
    expect([...logger.descriptors.values()]).toContain(writer.descriptors.get(writer.args[0] ?? -1));
  });

  playScene('flock-orphan', ({ actor }) => {
    const [waiter, holder] = [actor('waiter'), actor('holder')];
    const [held] = locksOn(waiter).held;
    const taker = Number(/WRITE (\d+) /.exec(held ?? '')?.[1]);
    expect(taker).not.toBe(holder.pid);
    expect(stateOf(taker)).toBe('');
    expect(lockLinesOf(holder)).toMatch(/^lock:.*FLOCK/m);
  });
});
