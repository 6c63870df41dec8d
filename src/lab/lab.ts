import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { compile, privateDir } from './compile.ts';
import { type Keeper, startKeeper } from './keeper.ts';
import { childrenOf, framesOf, stateOf } from './peek.ts';
import { runCommand, startProcess } from './process.ts';
import type { Lab } from './scene.ts';

const POLL_MS = 15;
const DEFAULT_MAX_SECONDS = 120;

/** A lab that is in use. */
export interface OpenLab extends Lab {
  /** Puts everything back and resolves when that is done. Never rejects; may be called twice. */
  close(): Promise<void>;
  /** Resolves when everything was put back, be it by close() or because `maxSeconds` were over. */
  readonly ended: Promise<void>;
}

/** How a lab is bounded. */
export interface LabOptions {
  /** Seconds after which the lab ends by itself (default 120). */
  maxSeconds?: number;
}

/** sbin is not in everybody's PATH, and losetup and mkfs live there. */
export function labEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`, LC_ALL: 'C' };
}

async function until<T>(
  what: string,
  test: () => T | undefined | false | null,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = test();
    if (value !== undefined && value !== false && value !== null) return value;
    if (performance.now() > deadline) throw new Error(`the lab waited ${timeoutMs} ms in vain for: ${what}`);
    await pause(POLL_MS);
  }
}

/** Opens a lab. Whoever opens it has to close() it; if this process dies first, its keeper does. */
export function openLab(options: LabOptions = {}): Promise<OpenLab> {
  const env = labEnvironment();
  const dir = mkdtempSync(join(privateDir(), 'run-'));
  const keeper: Keeper = startKeeper(options.maxSeconds ?? DEFAULT_MAX_SECONDS, env);
  // What is mounted below it and could not be unmounted must not be emptied.
  keeper.tell('undo', `rm -rf --one-file-system '${dir}'`);
  const owns = (pid: number): void => keeper.tell('own', String(pid));
  return Promise.resolve({
    dir,
    program: (name, how = {}) => compile(name, how, env),
    start: (command, args = [], how = {}) =>
      startProcess(command, args, { cwd: dir, ...how, env: { ...env, ...how.env } }, (pid) =>
        how.newSession === false ? owns(pid) : keeper.tell('group', String(pid)),
      ),
    run: (command, args = [], how = {}) => runCommand(command, args, { ...how, cwd: dir, env }),
    undo: (shellCommand) => keeper.tell('undo', shellCommand),
    release: (shellCommand) => keeper.tell('release', shellCommand),
    owns,
    until,
    state: stateOf,
    children: childrenOf,
    frames: framesOf,
    close: () => keeper.close(),
    ended: keeper.ended,
  });
}

/** Opens a lab for `use` and closes it whatever happens. */
export async function withLab<T>(use: (lab: Lab) => Promise<T>, options: LabOptions = {}): Promise<T> {
  const lab = await openLab(options);
  try {
    return await use(lab);
  } finally {
    await lab.close();
  }
}
