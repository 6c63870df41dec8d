import type { SyscallEvent, TraceEvent } from '../../trace/event.ts';
import type { Json } from '../json-text.ts';
import { jsonLine, type LineFields } from './json-line.ts';
import type { TraceHead, TraceOutput, Write } from './output.ts';

/** Grows only when a reader of the older one would misread: see `schema/trace-events.schema.json`. */
const SCHEMA_VERSION = 1;

/** One event a line, between a line on the trace and one that says that it is complete. Holds nothing. */
export function jsonlOutput(head: TraceHead, write: Write): TraceOutput {
  const { originNs, offsetNs, offsetErrorNs } = head.clock;
  let events = 0;
  write(
    `${jsonLine({
      type: 'trace',
      schemaVersion: SCHEMA_VERSION,
      tool: { name: 'procdiag', version: head.toolVersion },
      target: head.target,
      command: head.command,
      recordedAt: head.recordedAt,
      originNs,
      clock: 'CLOCK_MONOTONIC',
      realtimeOffsetNs: offsetNs,
      realtimeOffsetErrorNs: offsetErrorNs,
      tasks: head.tasks.map(({ pid, tid, comm }) => ({ pid, tid, comm })),
    })}\n`,
  );
  return {
    event(event) {
      events += 1;
      write(`${jsonLine(lineOf(event, originNs))}\n`);
    },
    finish() {
      write(`${jsonLine({ type: 'end', events })}\n`);
    },
  };
}

function lineOf(event: TraceEvent, originNs: bigint): LineFields {
  const startNs = originNs + BigInt(Math.round(event.startNs || 0));
  if (event.type === 'syscall') return syscallLine(event, startNs);
  // Plain data, whose fields have the names of the schema.
  return { ...(event as unknown as { [name: string]: Json }), startNs };
}

function syscallLine(event: SyscallEvent, startNs: bigint): LineFields {
  const { type, pid, tid, nr, name, args, result, errno, resultText, durationNs, sources, ...rest } = event;
  return {
    type,
    pid,
    tid,
    nr,
    name,
    args,
    result,
    errno,
    resultText,
    startNs,
    durationNs,
    sources,
    onCpuNs: rest.onCpuNs,
    runnableNs: rest.runnableNs,
    blockedNs: rest.blockedNs,
    ptraceNs: rest.ptraceNs,
    straceNs: rest.straceNs,
    waker: rest.waker === undefined ? undefined : { ...rest.waker },
    stack: rest.stack,
    early: rest.early,
    open: rest.open,
  };
}
