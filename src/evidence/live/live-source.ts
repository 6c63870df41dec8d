import { constants, lstatSync, openSync, readlinkSync } from 'node:fs';
import { arch, hostname, release } from 'node:os';
import { resolve } from 'node:path';
import type { Key } from '../keys.ts';
import { CANARY, SELF } from '../keys.ts';
import { NO_TIME, type Outcome } from '../outcome.ts';
import type { Source } from '../source.ts';
import { now } from './clock.ts';
import { BlockedFiles, type GuardedOptions, readGuarded, sorted } from './guarded.ts';
import { readLinks } from './link-reader.ts';
import { isListable, isLockFree, listNow, readNow } from './lock-free.ts';
import { readMemory } from './memory-reader.ts';
import { readQuickly } from './quick-reader.ts';
import { readSemaphores } from './semaphore-reader.ts';
import { readUnixSockets } from './socket-reader.ts';

/** Which /proc is read, and for how long. */
export interface LiveOptions {
  /** Where the proc file system is mounted; default `/proc`. */
  readonly proc?: string;
  /** For how long is read in all, in milliseconds; the pauses between looks do not count. */
  readonly timeoutMs: number;
}

/** What a batch is given even when the time is over: what answers at once still does. */
const LAST_CHANCE_MS = 80;
/** How many such batches there are: a long chain would add up otherwise. */
const LAST_CHANCES = 4;

/** A reader that is silent and asleep this long is stuck. Two looks of this length are taken. */
const STALL_MS = 60;

/** Children at once that each ask one thing. */
const WORKERS = 4;

/** Sends the asker to the `stat` of each process. */
const ONE_BY_ONE: Outcome = {
  kind: 'skipped',
  why: 'a process does not answer, or there is no quick reader',
};

/** Opens the live host: lock-free files are read at once in this process, all others by children that can be killed. */
export function openLive(options: LiveOptions): Source {
  // Readers are started in another directory than ours.
  const proc = resolve(options.proc ?? '/proc');
  // We ourselves are looked at in our own /proc: another may not show us.
  const realPath = (path: string) =>
    proc === '/proc' ? path : path.replace(/^\/proc(?=\/(?!self\/)|$)/, proc);
  const blocked = new BlockedFiles();
  const opened = now();
  const openedAt = Date.now();
  let paused = 0;
  let late = 0;
  let quick = true;
  let canary: Promise<Outcome | undefined> | undefined;
  const held = new Map<number, number | undefined>();
  const timeLeft = () => options.timeoutMs - (now() - opened - paused);

  return {
    proc,
    // Only when asked for: the first use of a Date costs Node 4 ms of time zones.
    get startedAt() {
      return new Date(openedAt).toISOString();
    },
    elapsedMs: () => now() - opened,
    pause: (milliseconds) => {
      paused += milliseconds;
      return new Promise((resolve) => setTimeout(resolve, milliseconds));
    },
    hold(pid) {
      if (!held.has(pid)) held.set(pid, openDirectory(realPath(`/proc/${pid}`)));
    },
    holds(pid) {
      const descriptor = held.get(pid);
      // By way of the directory that was opened: its files are gone with its process, whoever has the number now.
      return descriptor === undefined || readNow(`/proc/self/fd/${descriptor}/status`).kind === 'text';
    },
    now(key) {
      if (key === SELF) return { kind: 'text', text: describeSelf(`${proc}/self`) };
      if (key.endsWith('/') && isListable(key)) return listNow(realPath(key.slice(0, -1)));
      return isLockFree(key) ? readNow(realPath(key)) : undefined;
    },
    async fetch(keys) {
      const outcomes = new Map<Key, Outcome>();
      if (timeLeft() <= 0 && ++late > LAST_CHANCES) {
        return new Map(keys.map((key) => [key, NO_TIME]));
      }
      const plan = plannedReads(keys);
      const guarded: GuardedOptions = {
        stallMs: STALL_MS,
        lateMs: Math.max(LAST_CHANCE_MS, timeLeft()),
        realPath,
      };
      const readRisky = async (): Promise<ReadonlyMap<Key, Outcome>> => {
        const wanted = [...sorted(plan.guarded), ...plan.links];
        let known: ReadonlyMap<Key, Outcome> = new Map();
        if (quick && (wanted.length > 0 || (plan.canary.length > 0 && canary === undefined))) {
          // The canary is asked for sooner or later: the first child brings it, once it has brought what it was sent for.
          const read = readQuickly(wanted, canary === undefined, guarded);
          canary ??= read.canary;
          known = await read.answers;
        }
        const open = (key: Key) => !known.has(key);
        if (!wanted.some(open)) return known;
        // It would hang again where it did.
        quick = false;
        const rest = { ...guarded, lateMs: Math.max(LAST_CHANCE_MS, timeLeft()) };
        const parts = await Promise.all([
          readGuarded(plan.guarded.filter(open), blocked, rest),
          readLinks(plan.links.filter(open), blocked, rest),
        ]);
        return new Map([...known, ...parts.flatMap((part) => [...part])]);
      };
      const readCanary = async (): Promise<Map<Key, Outcome>> => {
        if (plan.canary.length === 0) return new Map();
        const outcome = await canary;
        if (outcome === undefined) quick = false;
        return new Map([[CANARY, outcome ?? ONE_BY_ONE]]);
      };
      // The children first: they work while this process reads the lock-free files.
      const children = [
        readRisky(),
        readCanary(),
        oneByOne(plan.memory, (key) => readMemory(key, guarded)),
        oneByOne(plan.sockets, (key) => readUnixSockets(key, guarded)),
        oneByOne(plan.semaphores, (key) => readSemaphores(key, guarded)),
      ];
      for (const key of plan.lockFree) outcomes.set(key, readNow(realPath(key)));
      for (const key of plan.listings) outcomes.set(key, listNow(realPath(key.slice(0, -1))));
      for (const part of await Promise.all(children))
        for (const [key, outcome] of part) outcomes.set(key, outcome);
      return outcomes;
    },
  };
}

/** Whether a proc file system is mounted there: it has a link `self`, also where that leads nowhere for us. */
export function isProc(path: string): boolean {
  try {
    return lstatSync(`${path}/self`).isSymbolicLink();
  } catch {
    return false;
  }
}

/** Who looks, from where: part of the evidence, since a bundle is read elsewhere. */
function describeSelf(link: string): string {
  const shown = linkOf(link);
  return JSON.stringify({
    // Our number in that /proc, which may be another PID namespace's: 0 = we are not in it.
    pid: Number(shown ?? 0),
    ...(shown === String(process.pid) ? {} : { foreign: true }),
    uid: process.geteuid?.() ?? -1,
    arch: arch(),
    hostname: hostname(),
    kernel: release(),
  });
}

function openDirectory(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    return undefined;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function plannedReads(keys: readonly Key[]) {
  const plan = {
    lockFree: [] as Key[],
    listings: [] as Key[],
    guarded: [] as Key[],
    links: [] as Key[],
    canary: [] as Key[],
    memory: [] as Key[],
    sockets: [] as Key[],
    semaphores: [] as Key[],
  };
  for (const key of keys) {
    if (key === CANARY) plan.canary.push(key);
    else if (key.startsWith('links:')) plan.links.push(key);
    else if (key.startsWith('mem:') || key.startsWith('pagemap:')) plan.memory.push(key);
    else if (key.startsWith('ss:')) plan.sockets.push(key);
    else if (key.startsWith('sem:')) plan.semaphores.push(key);
    else if (key.endsWith('/') && isListable(key)) plan.listings.push(key);
    else if (isLockFree(key)) plan.lockFree.push(key);
    else plan.guarded.push(key);
  }
  return plan;
}

/** Four children at a time: enough for a handful of futex words, and no burst of processes on a struggling host. */
async function oneByOne(
  keys: readonly Key[],
  read: (key: Key) => Promise<Outcome>,
): Promise<Map<Key, Outcome>> {
  const outcomes = new Map<Key, Outcome>();
  const queue = [...keys];
  const worker = async () => {
    for (let key = queue.shift(); key !== undefined; key = queue.shift()) outcomes.set(key, await read(key));
  };
  await Promise.all(Array.from({ length: Math.min(WORKERS, keys.length) }, worker));
  return outcomes;
}
