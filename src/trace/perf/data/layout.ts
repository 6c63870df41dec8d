import { type EventAttributes, SAMPLE } from './attributes.ts';

/**
 * Where the parts of a record lie, from its sample_type: perf_event_open(2), "PERF_RECORD_SAMPLE" and "sample_id".
 * Offsets count from the record's start, those of `trailer` back from its end. -1: the record has none.
 */
export interface RecordLayout {
  readonly tid: number;
  readonly time: number;
  readonly cpu: number;
  readonly period: number;
  /** Where what has no fixed size begins: values that were read, call chain, raw data. */
  readonly tail: number;
  readonly hasRead: boolean;
  readonly hasChain: boolean;
  readonly hasRaw: boolean;
  readonly readFormat: number;
  readonly trailer: { readonly tid: number; readonly time: number; readonly cpu: number };
}

const HEADER = 8;

export function layoutOf({ sampleType, readFormat, sampleIdAll }: EventAttributes): RecordLayout {
  const has = (bit: number): boolean => (sampleType & bit) !== 0;
  let at = HEADER;
  const place = (bit: number): number => {
    if (!has(bit)) return -1;
    at += 8;
    return at - 8;
  };
  place(SAMPLE.identifier);
  place(SAMPLE.ip);
  const tid = place(SAMPLE.tid);
  const time = place(SAMPLE.time);
  place(SAMPLE.addr);
  place(SAMPLE.id);
  place(SAMPLE.streamId);
  const cpu = place(SAMPLE.cpu);
  const period = place(SAMPLE.period);
  return {
    tid,
    time,
    cpu,
    period,
    tail: at,
    hasRead: has(SAMPLE.read),
    hasChain: has(SAMPLE.callchain),
    hasRaw: has(SAMPLE.raw),
    readFormat,
    trailer: sampleIdAll ? trailerOf(sampleType) : { tid: -1, time: -1, cpu: -1 },
  };
}

function trailerOf(sampleType: number): RecordLayout['trailer'] {
  let back = 0;
  const place = (bit: number): number => {
    if ((sampleType & bit) === 0) return -1;
    back += 8;
    return back;
  };
  place(SAMPLE.identifier);
  const cpu = place(SAMPLE.cpu);
  place(SAMPLE.streamId);
  place(SAMPLE.id);
  const time = place(SAMPLE.time);
  const tid = place(SAMPLE.tid);
  return { tid, time, cpu };
}

/** Where a sample tells which event it is of; -1 when it does not. */
export function idPlace({ sampleType }: EventAttributes): number {
  if ((sampleType & SAMPLE.identifier) !== 0) return HEADER;
  if ((sampleType & SAMPLE.id) === 0) return -1;
  let at = HEADER;
  for (const bit of [SAMPLE.ip, SAMPLE.tid, SAMPLE.time, SAMPLE.addr]) if ((sampleType & bit) !== 0) at += 8;
  return at;
}

/** The same for other records, back from their end. */
export function trailerIdPlace({ sampleType, sampleIdAll }: EventAttributes): number {
  if (!sampleIdAll) return -1;
  if ((sampleType & SAMPLE.identifier) !== 0) return 8;
  if ((sampleType & SAMPLE.id) === 0) return -1;
  let back = 8;
  for (const bit of [SAMPLE.cpu, SAMPLE.streamId]) if ((sampleType & bit) !== 0) back += 8;
  return back;
}

/** Bits of perf_event_attr.read_format. */
const READ = { enabled: 1, running: 2, id: 4, group: 8, lost: 16 } as const;

/** Bytes of the values that a sample with SAMPLE_READ carries. `members`: the number in front of a group. */
export function readValuesSize(readFormat: number, members: number): number {
  const has = (bit: number): number => ((readFormat & bit) !== 0 ? 1 : 0);
  const times = has(READ.enabled) + has(READ.running);
  const each = 1 + has(READ.id) + has(READ.lost);
  return 8 * (has(READ.group) ? 1 + times + members * each : times + each);
}
