import { type ByteSource, bytesAt, latin1 } from '../byte-source.ts';
import type { Refused } from '../options.ts';
import { readAttributes, SMALLEST_ATTRIBUTES } from './attributes.ts';
import type { Events } from './events.ts';
import { FEATURE, type Features } from './features.ts';
import { unsigned64 } from './numbers.ts';

const MAGIC = 'PERFILE2';
const MAGIC_OTHER_ENDIAN = '2ELIFREP';
const MAGIC_OLD = 'PERFFILE';

const PIPE_HEADER_BYTES = 16;
const FILE_HEADER_BYTES = 104;
const FEATURE_BITS_AT = 72;

/** More events, or bytes of one, than any recording has: damage. */
const MOST_ATTRIBUTE_BYTES = 1 << 26;
const MOST_IDS = 1 << 22;
/** The formats of all tracepoints of a kernel are some megabytes. */
const MOST_FEATURE_BYTES = 1 << 26;

/** Where the records are, and whether what describes them is among them (`perf record -o -`). */
export interface DataSection {
  readonly start: number;
  readonly end: number;
  readonly piped: boolean;
  /** perf was killed before it could write down how much there is. */
  readonly unfinished: boolean;
}

/** Whether these first bytes are of a perf.data, readable or not. */
export function looksLikePerfData(head: Uint8Array): boolean {
  const magic = latin1(head, 0, 8);
  return magic === MAGIC || magic === MAGIC_OTHER_ENDIAN || magic === MAGIC_OLD;
}

/** Reads header, attributes and features: tools/perf/Documentation/perf.data-file-format.txt. */
export function readFileHeader(
  source: ByteSource,
  events: Events,
  features: Features,
): DataSection | Refused {
  const bytes = bytesAt(source, 0, FILE_HEADER_BYTES);
  const magic = latin1(bytes, 0, 8);
  if (magic === MAGIC_OTHER_ENDIAN) {
    return refuse(
      'This perf.data was recorded on a machine of the other byte order. Give the text of `perf script` instead.',
    );
  }
  if (magic === MAGIC_OLD)
    return refuse('This perf.data is of a perf before 3.0, which nobody reads any more.');
  if (magic !== MAGIC || bytes.length < PIPE_HEADER_BYTES) return refuse('This is not a perf.data.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (unsigned64(view, 8) === PIPE_HEADER_BYTES) {
    return { start: PIPE_HEADER_BYTES, end: source.size, piped: true, unfinished: false };
  }
  if (bytes.length < FILE_HEADER_BYTES) return refuse('This perf.data ends within its header.');
  const start = unsigned64(view, 40);
  const size = unsigned64(view, 48);
  if (start < FILE_HEADER_BYTES || start > source.size) {
    return refuse('This perf.data is damaged: its header places the records outside of the file.');
  }
  readAllAttributes(source, view, events);
  if (size > 0 && start + size <= source.size) readFeatures(source, view, start + size, features);
  if (features.compressed) return refuseCompressed();
  if (events.first === undefined) return refuse('This perf.data is damaged: it describes no event.');
  const unfinished = size === 0;
  return { start, end: unfinished ? source.size : start + size, piped: false, unfinished };
}

export function refuseCompressed(): Refused {
  return refuse(
    'This perf.data is compressed (perf record -z). Give the text of `perf script` instead, or record without -z.',
  );
}

function refuse(refused: string): Refused {
  return { refused };
}

function readAllAttributes(source: ByteSource, header: DataView, events: Events): void {
  const entrySize = unsigned64(header, 16);
  const offset = unsigned64(header, 24);
  const size = unsigned64(header, 32);
  if (entrySize < SMALLEST_ATTRIBUTES + 16 || size > MOST_ATTRIBUTE_BYTES) return;
  const bytes = bytesAt(source, offset, size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let idsLeft = MOST_IDS;
  for (let at = 0; at + entrySize <= bytes.length; at += entrySize) {
    const attributes = readAttributes(view, at, entrySize - 16);
    const idsAt = unsigned64(view, at + entrySize - 16);
    const idsSize = unsigned64(view, at + entrySize - 8);
    if (!attributes || idsSize > idsLeft * 8) return;
    idsLeft -= idsSize / 8;
    events.add(attributes, idsIn(bytesAt(source, idsAt, idsSize)));
  }
}

/** Identifiers are 64 bits each. */
export function idsIn(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const ids: number[] = [];
  for (let at = 0; at + 8 <= bytes.length; at += 8) ids.push(unsigned64(view, at));
  return ids;
}

function readFeatures(source: ByteSource, header: DataView, tableAt: number, features: Features): void {
  const wanted = new Set<number>(Object.values(FEATURE));
  let entry = tableAt;
  for (let bit = 0; bit < 256; bit++) {
    const word = header.getUint32(FEATURE_BITS_AT + (bit >> 5) * 4, true);
    if ((word & (1 << (bit & 31))) === 0) continue;
    const place = bytesAt(source, entry, 16);
    entry += 16;
    if (place.length < 16) return;
    const view = new DataView(place.buffer, place.byteOffset, place.length);
    const size = unsigned64(view, 8);
    if (wanted.has(bit) && size <= MOST_FEATURE_BYTES) {
      features.read(bit, bytesAt(source, unsigned64(view, 0), size));
    }
  }
}
