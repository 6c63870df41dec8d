import { type Analysed, analyse } from '../../src/trace/analyse.ts';
import type { SyscallEvent, TraceEvent } from '../../src/trace/event.ts';
import { PERF, type PerfBatch, type PerfSource } from '../../src/trace/perf/batch.ts';
import { loadRecording } from '../../src/trace/record/files/load.ts';
import { record } from '../../src/trace/record/record.ts';
import type { RecordRequest } from '../../src/trace/record/request.ts';

export interface Look {
  readonly analysed: Analysed;
  readonly events: readonly TraceEvent[];
  readonly calls: readonly SyscallEvent[];
  readonly originNs: bigint;
  /** Raw arguments of all that perf saw begin, by thread and moment: what a pair can be proved with. */
  readonly raw: ReadonlyMap<string, string>;
}

/** Records, and looks at the recording as often as `looks` says, each time through its wrapper of perf's sources. */
export async function traced(
  request: Omit<RecordRequest, 'strace' | 'perf' | 'follow' | 'version'>,
  looks: readonly ((source: PerfSource) => PerfSource)[] = [(source) => source],
): Promise<Look[]> {
  const recording = await record({ ...request, strace: true, perf: true, follow: true, version: 'test' });
  try {
    return looks.map((wrap) => lookAt(recording.directory, wrap));
  } finally {
    await recording.remove();
  }
}

/** Looks at a recording that is there. */
export function lookAt(directory: string, wrap: (source: PerfSource) => PerfSource): Look {
  const trace = loadRecording(directory);
  const raw = new Map<string, string>();
  const events: TraceEvent[] = [];
  try {
    const perf = trace.input.perf.map(({ source, role }) => ({
      role,
      source: remembering(wrap(source), raw),
    }));
    const analysed = analyse({
      ...trace.input,
      perf,
      sinks: [{ event: (event) => void events.push(event) }],
    });
    const calls = events.filter((event): event is SyscallEvent => event.type === 'syscall');
    return { analysed, events, calls, originNs: trace.originNs ?? 0n, raw };
  } finally {
    trace.close();
  }
}

function remembering(source: PerfSource, raw: Map<string, string>): PerfSource {
  return wrapped(source, (batch) => {
    for (let row = 0; row < batch.count; row++) {
      if (batch.kind[row] === PERF.enter) raw.set(`${batch.tid[row]} ${batch.at[row]}`, batch.args(row));
    }
    return batch;
  });
}

/** Loses about so many of the events, the same ones each time. */
export function losing(share: number): (source: PerfSource) => PerfSource {
  let seed = 12_345;
  const lost = (): boolean => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return seed / 0x7fffffff < share;
  };
  return (source) => wrapped(source, (batch) => without(batch, lost));
}

function without(batch: PerfBatch, lost: () => boolean): PerfBatch {
  const kept: number[] = [];
  for (let row = 0; row < batch.count; row++) if (!lost()) kept.push(row);
  const numbers = (column: Float64Array) => Float64Array.from(kept, (row) => column[row]!);
  const whole = (column: Int32Array) => Int32Array.from(kept, (row) => column[row]!);
  return {
    count: kept.length,
    kind: Uint8Array.from(kept, (row) => batch.kind[row]!),
    at: numbers(batch.at),
    a: numbers(batch.a),
    b: numbers(batch.b),
    pid: whole(batch.pid),
    tid: whole(batch.tid),
    cpu: whole(batch.cpu),
    host: whole(batch.host),
    stack: whole(batch.stack),
    text: whole(batch.text),
    args: (row) => batch.args(kept[row]!),
    firstWord: (row) => batch.firstWord(kept[row]!),
  };
}

function wrapped(source: PerfSource, change: (batch: PerfBatch) => PerfBatch): PerfSource {
  return {
    get header() {
      return source.header;
    },
    get opened() {
      return source.opened;
    },
    get complaints() {
      return source.complaints;
    },
    stack: (id) => source.stack(id),
    text: (id) => source.text(id),
    next() {
      const batch = source.next();
      return batch === undefined ? undefined : change(batch);
    },
  };
}

/**
 * Pairs whose first argument by strace's word is another than in the registers that perf saw. Compared where strace prints
 * a plain number: descriptors, sizes, addresses.
 */
export function wrongPairs({ calls, raw }: Look): {
  readonly compared: number;
  readonly wrong: readonly string[];
} {
  const wrong: string[] = [];
  let compared = 0;
  for (const call of calls) {
    if (call.sources.length < 2) continue;
    const said = /^(?:0x([0-9a-f]+)|(\d+))(?:<[^"]*>)?(?:,|$)/.exec(call.args);
    const seen = raw.get(`${call.tid} ${call.startNs}`);
    if (said === null || seen === undefined) continue;
    compared++;
    const number = said[1] === undefined ? Number(said[2]) : Number.parseInt(said[1], 16);
    const first = Number.parseInt(seen.split(',')[0] ?? '', 16);
    if (number !== first) wrong.push(`${call.tid} ${call.name}(${call.args.slice(0, 60)}) is (${seen})`);
  }
  return { compared, wrong };
}
