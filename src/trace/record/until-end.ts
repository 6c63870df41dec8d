import type { Account } from './account.ts';
import { isDiskShort } from './disk.ts';
import type { Guard } from './guard.ts';
import type { PerfRecorder } from './perf/recorder.ts';
import type { EndedBy, RecordRequest } from './request.ts';
import type { StraceRecorder } from './strace/recorder.ts';
import { within } from './tool.ts';

const MOST_STRACE_BYTES = 2e9;
const MOST_PERF_BYTES = 512e6;
const TICK_MS = 100;
const TICKS_PER_PROGRESS = 3;

export interface Recorders {
  readonly guard: Guard;
  readonly strace: StraceRecorder | undefined;
  readonly perfs: readonly PerfRecorder[];
}

/** What the recorders have written so far. */
export function bytesOf({ strace, perfs }: Omit<Recorders, 'guard'>) {
  return { straceBytes: strace?.bytes ?? 0, perfBytes: perfs.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/**
 * Watches a recording until something ends it.
 * @param began when all was recording, on performance.now().
 * @param progress is called three times a second.
 */
export async function untilEnd(
  recorders: Recorders,
  request: Pick<RecordRequest, 'stop' | 'durationMs' | 'mostBytes'>,
  began: number,
  account: Account,
  progress: () => void,
): Promise<EndedBy> {
  const { guard, strace, perfs } = recorders;
  const { stop, durationMs } = request;
  let interrupted: (() => void) | undefined;
  const stopped = new Promise<void>((resolve) => {
    interrupted = resolve;
    if (stop?.aborted === true) resolve();
    stop?.addEventListener('abort', () => resolve(), { once: true });
  });
  const deadline = began + (durationMs ?? Number.POSITIVE_INFINITY);
  const told = new Set<unknown>();
  try {
    for (let tick = 1; ; tick++) {
      const patience = Math.max(0, Math.min(TICK_MS, deadline - performance.now()));
      const events = [stopped, guard.gone, strace?.tool.ended, perfs[0]?.tool.ended].filter(
        (event) => event !== undefined && !told.has(event),
      ) as Promise<unknown>[];
      await within(Promise.race(events), patience);
      if (stop?.aborted === true) return 'stop';
      if (performance.now() >= deadline) return 'duration';
      if (guard.isGone) {
        account.note(
          'The process that guards the recorders was ended by somebody, so the recording was ended too.',
        );
        return 'guard';
      }
      const over = sourcesOver(recorders, told, account) ?? limitsReached(recorders, request, began, account);
      if (over !== undefined) return over;
      if (tick % TICKS_PER_PROGRESS === 0) progress();
    }
  } finally {
    if (interrupted !== undefined) stop?.removeEventListener('abort', interrupted);
  }
}

/** What the end of a recorder means; undefined while the recording goes on. */
function sourcesOver(
  recorders: Recorders,
  told: Set<unknown>,
  account: Account,
): 'target' | 'recorders' | undefined {
  const strace = recorders.strace?.tool;
  const tree = recorders.perfs.find(({ role }) => role === 'tree')?.tool;
  // Both end by themselves when nobody of the tree is left.
  if (strace?.hasEnded?.code === 0) return 'target';
  if (strace === undefined && tree?.hasEnded?.code === 0) return 'target';
  const over = [strace, tree].filter((tool) => tool !== undefined);
  for (const tool of over) {
    if (tool.hasEnded === undefined || told.has(tool.ended)) continue;
    told.add(tool.ended);
    const { code, signal } = tool.hasEnded;
    if (tool === tree && code === 0) continue;
    account.notePart(
      `${tool === strace ? 'strace' : 'perf'} ended before the recording did (${signal ?? `code ${code}`}): what it gives ends there.`,
    );
  }
  return over.every((tool) => tool.hasEnded !== undefined) ? 'recorders' : undefined;
}

function limitsReached(
  recorders: Recorders,
  { mostBytes = {} }: Pick<RecordRequest, 'mostBytes'>,
  began: number,
  account: Account,
): 'disk-short' | 'too-much' | undefined {
  if (isDiskShort(recorders.guard.directory) || recorders.strace?.floods === true) {
    account.note('The recording was ended early: the disk was nearly full.');
    return 'disk-short';
  }
  const { strace: mostStrace = MOST_STRACE_BYTES, perf: mostPerf = MOST_PERF_BYTES } = mostBytes;
  const { straceBytes, perfBytes } = bytesOf(recorders);
  if (straceBytes <= mostStrace && perfBytes <= mostPerf) return undefined;
  const [what, bytes] = straceBytes > mostStrace ? ['strace', straceBytes] : ['perf', perfBytes];
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  account.note(
    `The recording was ended early, after ${seconds} s: ${what} had written ${Math.round(Number(bytes) / 1e6)} MB, more than its limit.`,
  );
  return 'too-much';
}
