import { latin1 } from '../byte-source.ts';
import { parseTracepointFormat, type TracepointFormat } from '../format.ts';
import { unsigned64 } from './numbers.ts';

/** Magic of the section, tools/perf/util/trace-event-info.c: three bytes, then `tracing`. */
const MAGIC = '\x17\x08\x44tracing';

/** The longest formats, of events that print many names of flags, have some 10 kB. */
const LONGEST_FORMAT = 1 << 16;

/** No kernel has as many; a count beyond it is damage. */
const MOST_FILES = 100_000;

class Damaged extends Error {}

/** Reads what is laid down one after the other. Throws `Damaged` at the end. */
class Cursor {
  at = 0;
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  take(length: number): number {
    const start = this.at;
    if (start + length > this.bytes.length) throw new Damaged();
    this.at = start + length;
    return start;
  }

  word(): number {
    return this.view.getUint32(this.take(4), true);
  }

  long(): number {
    return unsigned64(this.view, this.take(8));
  }

  text(): string {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0) throw new Damaged();
    const start = this.take(end + 1 - this.at);
    return latin1(this.bytes, start, end);
  }

  count(): number {
    const count = this.word();
    if (count > MOST_FILES) throw new Damaged();
    return count;
  }
}

/** The formats in HEADER_TRACING_DATA of a perf.data; as many as can be read where it is damaged. */
export function readTracingData(bytes: Uint8Array): TracepointFormat[] {
  const formats: TracepointFormat[] = [];
  try {
    collectFormats(new Cursor(bytes), formats);
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
  }
  return formats;
}

function collectFormats(cursor: Cursor, formats: TracepointFormat[]): void {
  const magic = cursor.take(MAGIC.length);
  if (latin1(cursor.bytes, magic, magic + MAGIC.length) !== MAGIC) throw new Damaged();
  cursor.text(); // version
  cursor.take(1); // byte order: that of the file
  cursor.take(1); // bytes of a long
  cursor.take(4); // bytes of a page
  for (let file = 0; file < 2; file++) {
    cursor.text(); // header_page, header_event
    cursor.take(cursor.long());
  }
  const ftraceFiles = cursor.count();
  for (let file = 0; file < ftraceFiles; file++) cursor.take(cursor.long());
  const systems = cursor.count();
  for (let index = 0; index < systems; index++) {
    const system = cursor.text();
    const files = cursor.count();
    for (let file = 0; file < files; file++) {
      const length = cursor.long();
      const start = cursor.take(length);
      if (length > LONGEST_FORMAT) continue;
      const format = parseTracepointFormat(system, latin1(cursor.bytes, start, start + length));
      if (format) formats.push(format);
    }
  }
}
