import { clockById } from '../clock-name.ts';
import { unsigned64 } from './numbers.ts';

/** Bits of perf_event_attr.sample_type: include/uapi/linux/perf_event.h. */
export const SAMPLE = {
  ip: 1 << 0,
  tid: 1 << 1,
  time: 1 << 2,
  addr: 1 << 3,
  read: 1 << 4,
  callchain: 1 << 5,
  id: 1 << 6,
  cpu: 1 << 7,
  period: 1 << 8,
  streamId: 1 << 9,
  raw: 1 << 10,
  identifier: 1 << 16,
} as const;

export const PERF_TYPE = { hardware: 0, software: 1, tracepoint: 2 } as const;

/** perf_event_attr as far as reading its records needs it. */
export interface EventAttributes {
  readonly type: number;
  readonly config: number;
  readonly sampleType: number;
  readonly readFormat: number;
  /** Records that are no samples carry who, when and where at their end, too. */
  readonly sampleIdAll: boolean;
  /** CLOCK_ number of `-k`; undefined: the scheduler's clock. */
  readonly clockId: number | undefined;
}

/** Bytes of the first published perf_event_attr: what all later ones begin with. */
export const SMALLEST_ATTRIBUTES = 64;

const FLAG_SAMPLE_ID_ALL = 1 << 18;
const FLAG_USE_CLOCKID = 1 << 25;
const CLOCKID_AT = 92;

/** `size`: bytes that the file gives to a perf_event_attr, which older and newer kernels end elsewhere. */
export function readAttributes(view: DataView, at: number, size: number): EventAttributes | undefined {
  if (size < SMALLEST_ATTRIBUTES || at + size > view.byteLength) return undefined;
  const flags = view.getUint32(at + 40, true);
  const hasClock = (flags & FLAG_USE_CLOCKID) !== 0 && size >= CLOCKID_AT + 4;
  return {
    type: view.getUint32(at, true),
    config: unsigned64(view, at + 8),
    sampleType: view.getUint32(at + 24, true),
    readFormat: view.getUint32(at + 32, true),
    sampleIdAll: (flags & FLAG_SAMPLE_ID_ALL) !== 0,
    clockId: hasClock ? view.getInt32(at + CLOCKID_AT, true) : undefined,
  };
}

const HARDWARE = [
  'cycles',
  'instructions',
  'cache-references',
  'cache-misses',
  'branches',
  'branch-misses',
  'bus-cycles',
  'stalled-cycles-frontend',
  'stalled-cycles-backend',
  'ref-cycles',
];

const SOFTWARE = [
  'cpu-clock',
  'task-clock',
  'page-faults',
  'context-switches',
  'cpu-migrations',
  'minor-faults',
  'major-faults',
  'alignment-faults',
  'emulation-faults',
  'dummy',
  'bpf-output',
  'cgroup-switches',
];

/** The name that perf would give an event whose name was not recorded. */
export function attributesName({ type, config }: EventAttributes): string {
  if (type === PERF_TYPE.hardware) return HARDWARE[config % 256] ?? `hardware ${config}`;
  if (type === PERF_TYPE.software) return SOFTWARE[config] ?? `software ${config}`;
  if (type === PERF_TYPE.tracepoint) return `tracepoint ${config}`;
  return `event ${type}:${config.toString(16)}`;
}

/** Name of the clock of the stamps: `perf` is the scheduler's own, which no program can read. */
export function clockName({ clockId }: EventAttributes): string {
  return clockId === undefined ? 'perf' : clockById(clockId);
}
