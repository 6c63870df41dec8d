import { closeSync, openSync, readSync } from 'node:fs';

const PERF_RECORD_ID_INDEX = 69;
const PERF_RECORD_THREAD_MAP = 73;
const HEADER = 8;
const ENTRY = 32;
/** Of the thread map: pid and a name of 16 bytes. */
const MAP_ENTRY = 24;
/** What perf writes before it is ready; its mmap records of a large tree come in between. */
const MOST_BYTES = 64 * 1024 * 1024;

export interface IdIndex {
  /** The threads that it opened. Empty: not told. */
  readonly threads: Set<number>;
  /** Descriptors: one for each event of each thread on each CPU; 0: not told. */
  events: number;
}

/**
 * The threads that a running `perf record` has opened, from the ID_INDEX records at the beginning of its file (perf.data-file
 * format, tools/perf/Documentation): each entry is id, index, cpu and tid, 8 bytes each. perf 5.10 writes none: there, those
 * that it found, of its THREAD_MAP record.
 */
export function readIdIndex(file: string): IdIndex {
  const opened: IdIndex = { threads: new Set(), events: 0 };
  const found: IdIndex = { threads: new Set(), events: 0 };
  const descriptor = openSync(file, 'r');
  try {
    const head = Buffer.alloc(104);
    if (readSync(descriptor, head, 0, head.length, 0) < head.length)
      return opened.threads.size > 0 ? opened : found;
    let offset = Number(head.readBigUInt64LE(40));
    const end = offset + MOST_BYTES;
    const record = Buffer.alloc(65_536);
    while (offset < end) {
      const got = readSync(descriptor, record, 0, record.length, offset);
      if (got < HEADER) break;
      let at = 0;
      while (at + HEADER <= got) {
        const size = record.readUInt16LE(at + 6);
        if (size < HEADER) return opened.threads.size > 0 ? opened : found;
        if (at + size > got) break;
        if (record.readUInt32LE(at) === PERF_RECORD_ID_INDEX) takeEntries(record, at, size, opened);
        else if (record.readUInt32LE(at) === PERF_RECORD_THREAD_MAP) takeMap(record, at, size, found);
        at += size;
      }
      if (at === 0) break;
      offset += at;
    }
  } finally {
    closeSync(descriptor);
  }
  return opened.threads.size > 0 ? opened : found;
}

function takeEntries(record: Buffer, at: number, size: number, opened: IdIndex): void {
  const count = Number(record.readBigUInt64LE(at + HEADER));
  for (let nth = 0; nth < count; nth++) {
    const entry = at + HEADER + 8 + nth * ENTRY;
    if (entry + ENTRY > at + size) break;
    opened.events++;
    opened.threads.add(Number(record.readBigInt64LE(entry + 24)));
  }
}

function takeMap(record: Buffer, at: number, size: number, found: IdIndex): void {
  const count = Number(record.readBigUInt64LE(at + HEADER));
  for (let nth = 0; nth < count; nth++) {
    const entry = at + HEADER + 8 + nth * MAP_ENTRY;
    if (entry + MAP_ENTRY > at + size) break;
    found.threads.add(Number(record.readBigUInt64LE(entry)));
  }
}
