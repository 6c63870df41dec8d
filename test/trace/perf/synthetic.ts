import { PERF_TYPE, SAMPLE } from '../../../src/trace/perf/data/attributes.ts';
import { RECORD } from '../../../src/trace/perf/data/records.ts';

/** Writes small perf.data files for cases that no recording shows at will. */

const SAMPLE_TYPE = SAMPLE.identifier | SAMPLE.tid | SAMPLE.time | SAMPLE.cpu | SAMPLE.period | SAMPLE.raw;
const SAMPLE_ID_ALL = 1 << 18;
const ATTR_BYTES = 128;
const HEADER_BYTES = 104;

/** Joins numbers of 64 bits. */
function longs(...values: readonly (number | bigint)[]): Buffer {
  const bytes = Buffer.alloc(values.length * 8);
  for (const [index, value] of values.entries()) {
    bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), index * 8);
  }
  return bytes;
}

function ints(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeInt32LE(value, index * 4);
  return bytes;
}

export function record(type: number, misc: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(type, 0);
  head.writeUInt16LE(misc, 4);
  head.writeUInt16LE(8 + body.length, 6);
  return Buffer.concat([head, body]);
}

interface Stamp {
  readonly id?: number;
  readonly tid?: number;
  readonly cpu?: number;
  readonly time: number | bigint;
}

/** A sample of the event with that identifier, its raw data given. */
export function sample({ id = 1, tid = 7, cpu = 0, time }: Stamp, raw: Buffer): Buffer {
  const padding = Buffer.alloc((12 - (raw.length % 8)) % 8);
  return record(
    RECORD.sample,
    0,
    longs(id),
    ints(tid, tid),
    longs(time),
    ints(cpu, 0),
    longs(1),
    ints(raw.length + padding.length),
    raw,
    padding,
  );
}

/** A record that is no sample: its own fields, then who, when and where. */
export function other(
  type: number,
  { id = 1, tid = 7, cpu = 0, time }: Stamp,
  body: Buffer,
  misc = 0,
): Buffer {
  return record(type, misc, body, ints(tid, tid), longs(time), ints(cpu, 0), longs(id));
}

export const round = record(RECORD.finishedRound, 0);

/** Raw data of raw_syscalls:sys_enter: common fields, number, six arguments. */
export function enterRaw(nr: number, ...args: readonly number[]): Buffer {
  const six = Array.from({ length: 6 }, (_, index) => args[index] ?? 0);
  return Buffer.concat([Buffer.alloc(8), longs(nr, ...six)]);
}

export { ints, longs };

interface FileOptions {
  /** Tracepoint ids; the identifiers of their samples are 1, 2 … */
  readonly tracepoints?: readonly number[];
  /** 0: as perf leaves it when it is killed. */
  readonly dataSize?: number;
}

/** A perf.data without features around these records. */
export function perfData(
  records: readonly Buffer[],
  { tracepoints = [443], dataSize }: FileOptions = {},
): Buffer {
  const ids = HEADER_BYTES;
  const attrs = ids + tracepoints.length * 8;
  const data = attrs + tracepoints.length * (ATTR_BYTES + 16);
  const body = Buffer.concat(records);
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('PERFILE2');
  longs(HEADER_BYTES, ATTR_BYTES + 16, attrs, data - attrs, data, dataSize ?? body.length).copy(header, 8);
  const entries = tracepoints.map((config, index) => {
    const attr = Buffer.alloc(ATTR_BYTES);
    ints(PERF_TYPE.tracepoint, ATTR_BYTES).copy(attr, 0);
    longs(config, 1, SAMPLE_TYPE, 0, SAMPLE_ID_ALL).copy(attr, 8);
    return Buffer.concat([attr, longs(ids + index * 8, 8)]);
  });
  return Buffer.concat([header, longs(...tracepoints.map((_, index) => index + 1)), ...entries, body]);
}

/** The text of a format file, of fields with type, name, offset and size. */
export function formatText(
  name: string,
  id: number,
  fields: readonly (readonly [type: string, name: string, offset: number, size: number])[],
): string {
  const lines = fields.map(
    ([type, field, offset, size]) =>
      `\tfield:${type} ${field};\toffset:${offset};\tsize:${size};\tsigned:${type.startsWith('unsigned') ? 0 : 1};`,
  );
  return [`name: ${name}`, `ID: ${id}`, 'format:', ...lines, '', 'print fmt: "x"', ''].join('\n');
}

export const ENTER_FORMAT = {
  system: 'raw_syscalls',
  text: formatText('sys_enter', 443, [
    ['unsigned short', 'common_type', 0, 2],
    ['long', 'id', 8, 8],
    ['unsigned long', 'args[6]', 16, 48],
  ]),
};
