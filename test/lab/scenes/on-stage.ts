import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withLab } from '../../../src/lab/lab.ts';
import { missingNeeds, playable } from '../../../src/lab/needs.ts';
import { framesOf, stateOf, statusField } from '../../../src/lab/peek.ts';
import { scenes } from '../../../src/lab/registry.ts';
import type { Look } from '../../../src/lab/scene.ts';

/**
 * One process of a scene, as the raw files of /proc show it. None of these scenes is stuck in execve, so `stat` and the
 * links of `fd/` can be read here without a guard.
 */
export class Actor {
  readonly pid: number;

  constructor(pid: number) {
    this.pid = pid;
  }

  status(name: string): string {
    return statusField(this.pid, name);
  }

  get state(): string {
    return stateOf(this.pid);
  }

  number(name: 'PPid' | 'TracerPid' | 'Threads' | 'Seccomp'): number {
    return Number(this.status(name));
  }

  /** Its PIDs from the outermost namespace to its own. */
  get levels(): number[] {
    return this.status('NSpid').split(/\s+/).map(Number);
  }

  /** Is this signal in the set? */
  has(set: 'SigBlk' | 'SigIgn' | 'SigCgt' | 'SigPnd' | 'ShdPnd', signal: number): boolean {
    return ((BigInt(`0x${this.status(set)}`) >> BigInt(signal - 1)) & 1n) === 1n;
  }

  /** A field of `stat`, counted from 1 as in proc_pid_stat(5). */
  stat(field: number): number {
    const text = readFileSync(`/proc/${this.pid}/stat`, 'latin1');
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[field - 3]);
  }

  /** The arguments of the system call that it is in, `a0` first. */
  get args(): number[] {
    const text = readFileSync(`/proc/${this.pid}/syscall`, 'latin1');
    return text.trim().split(' ').slice(1, -2).map(Number);
  }

  get frames(): string {
    return framesOf(this.pid);
  }

  framesOf(tid: number): string {
    return framesOf(this.pid, tid);
  }

  get threads(): number[] {
    return readdirSync(`/proc/${this.pid}/task`).map(Number);
  }

  read(file: string): string {
    return readFileSync(`/proc/${this.pid}/${file}`, 'latin1');
  }

  link(path: string): string {
    return readlinkSync(`/proc/${this.pid}/${path}`);
  }

  /** What its descriptors are, by number. */
  get descriptors(): Map<number, string> {
    return new Map(readdirSync(`/proc/${this.pid}/fd`).map((fd) => [Number(fd), this.link(`fd/${fd}`)]));
  }
}

export interface Stage {
  /** The process that plays this role; fails when the scene did not name it. */
  actor(role: string): Actor;
  looks: Look[];
}

/**
 * A test that sets the scene up, holds its truth against the kernel by `facts`, and sees that nothing is left.
 * Skipped, with the reason, where the system lacks what the scene needs; no test where the kernel does (see `playable`).
 */
export function playScene(name: string, facts: (stage: Stage) => void | Promise<void>): void {
  const scene = scenes.find((each) => each.name === name);
  if (!scene) throw new Error(`no scene ${name}`);
  if (playable([scene]).length === 0) return;
  test(name, async (context) => {
    const missing = missingNeeds(scene);
    if (missing.length > 0) context.skip(missing.map(({ why }) => why).join('; '));
    const sessions = new Set<string>();
    try {
      await withLab(async (lab) => {
        const looks = await scene.setUp(lab);
        for (const { pid } of looks) sessions.add(sessionOf(pid));
        expect(new Set(looks.map(({ role }) => role)).size).toBe(looks.length);
        for (const { culprit } of looks) if (culprit !== undefined) expect(stateOf(culprit)).not.toBe('');
        await facts({ looks, actor: (role) => new Actor(lookOf(looks, role).pid) });
      });
    } finally {
      await expect.poll(() => membersOf(sessions), { timeout: 40_000, interval: 50 }).toEqual([]);
    }
  });
}

function lookOf(looks: Look[], role: string): Look {
  const look = looks.find((each) => each.role === role);
  if (!look) throw new Error(`nobody plays ${role}`);
  return look;
}

/** By status, and not by stat, which can block on processes of other tests. */
function sessionOf(pid: number): string {
  return statusField(pid, 'NSsid').split(/\s+/)[0] ?? '';
}

function membersOf(sessions: Set<string>): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && sessions.has(sessionOf(pid)));
}
