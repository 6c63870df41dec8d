import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TraceEvent } from '../../../src/trace/event.ts';
import type { StraceCall } from '../../../src/trace/strace/call.ts';
import { StraceReader } from '../../../src/trace/strace/reader.ts';

/** As the recorder has it, for a command in the namespace of the test. */
const FLAGS = ['-f', '-n', '-s', '256', '-y', '-ttt', '-T'];

const SPAWNS = /^(?:v?fork|clone3?)$/;

/** Runs a command under the real strace to its end. */
export async function straced(
  command: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<TraceEvent[]> {
  const directory = await mkdtemp(join(tmpdir(), 'procdiag-ledgers-'));
  try {
    const log = join(directory, 'log');
    const child = spawn('strace', [...FLAGS, '-o', log, '--', ...command], {
      stdio: 'ignore',
      env: { ...process.env, ...env, LC_ALL: 'C', TZ: 'UTC0' },
    });
    await once(child, 'exit');
    return eventsOf(await readFile(log));
  } finally {
    await rm(directory, { recursive: true });
  }
}

/**
 * What a log tells by itself, without the care that correlation takes: threads that share a process are told from children
 * by CLONE_THREAD, and a child that is heard of before its parent's call returns belongs to whoever is in one.
 */
export function eventsOf(log: Uint8Array): TraceEvent[] {
  const events: TraceEvent[] = [];
  const pids = new Map<number, number>();
  const spawning = new Map<number, StraceCall>();
  const sources = ['strace'] as const;
  let now = 0;

  function born(parent: StraceCall, childTid: number): void {
    const pid = pids.get(parent.tid) ?? parent.tid;
    const thread = parent.args.includes('CLONE_THREAD');
    pids.set(childTid, thread ? pid : childTid);
    events.push({
      type: 'spawn',
      pid,
      tid: parent.tid,
      childPid: thread ? pid : childTid,
      childTid,
      thread,
      call: parent.name,
      startNs: parent.stampNs,
      sources,
    });
  }
  function pidOf(tid: number): number {
    if (!pids.has(tid)) {
      const parent = [...spawning.values()].at(-1);
      if (parent === undefined) pids.set(tid, tid);
      else born(parent, tid);
    }
    return pids.get(tid) ?? tid;
  }

  const reader = new StraceReader({
    begun(call) {
      pidOf(call.tid);
      now = call.stampNs;
      if (SPAWNS.test(call.name)) spawning.set(call.tid, call);
    },
    ended(call, stampNs) {
      const pid = pidOf(call.tid);
      spawning.delete(call.tid);
      if (SPAWNS.test(call.name) && call.result > 0 && !pids.has(call.result)) born(call, call.result);
      const at = { pid, tid: call.tid, startNs: call.stampNs, sources };
      events.push({
        ...at,
        type: 'syscall',
        nr: call.nr,
        name: call.name,
        args: call.args,
        durationNs: Number.isNaN(call.durationNs) ? Math.max(0, stampNs - call.stampNs) : call.durationNs,
        ...(Number.isNaN(call.result) ? {} : { result: call.result }),
        ...(call.resultText === undefined ? {} : { resultText: call.resultText }),
        ...(call.errno === undefined ? {} : { errno: call.errno }),
      });
      if (/^execve/.test(call.name) && call.result === 0) {
        const path = /"((?:[^"\\]|\\.)*)"/.exec(call.args)?.[1];
        const argv = /, (\[.*\]), 0x/s.exec(call.args)?.[1];
        events.push({
          ...at,
          startNs: stampNs,
          type: 'exec',
          ...(path === undefined ? {} : { path }),
          ...(argv === undefined ? {} : { argv }),
        });
      }
    },
    signal({ tid, stampNs, signal, code, senderPid, status, stopped }) {
      events.push({
        type: 'signal',
        pid: pidOf(tid),
        tid,
        startNs: stampNs,
        sources,
        signal,
        ...(code === undefined ? {} : { code }),
        ...(senderPid === undefined ? {} : { senderPid }),
        ...(status === undefined ? {} : { status }),
        ...(stopped ? { stopped } : {}),
      });
    },
    exit({ tid, stampNs, status, signal, core, supersededBy }) {
      if (supersededBy !== undefined) return;
      const pid = pidOf(tid);
      events.push({
        type: 'exit',
        pid,
        tid,
        startNs: stampNs,
        sources,
        last: pid === tid,
        ...(status === undefined ? {} : { status }),
        ...(signal === undefined ? {} : { signal }),
        ...(core === undefined ? {} : { core }),
      });
      pids.delete(tid);
    },
    message() {
      // Nothing to tell.
    },
  });
  reader.feed(Buffer.from(log));
  reader.end();
  return events.length > 0 || now === 0 ? events : [];
}
