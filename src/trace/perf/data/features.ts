import type { PerfHeader } from '../batch.ts';
import { latin1 } from '../byte-source.ts';
import type { TracepointFormat } from '../format.ts';
import { type EventAttributes, readAttributes } from './attributes.ts';
import { unsigned64 } from './numbers.ts';
import { readTracingData } from './tracing-data.ts';

/** Numbers of the sections behind the data: tools/perf/util/header.h. */
export const FEATURE = {
  tracingData: 1,
  hostname: 3,
  osRelease: 4,
  version: 5,
  arch: 6,
  cmdline: 11,
  eventDesc: 12,
  compressed: 27,
  clockData: 29,
} as const;

export interface DescribedEvent {
  readonly name: string;
  readonly attributes: EventAttributes;
  readonly ids: readonly number[];
}

/** What the features tell; each is filled in as its section comes. */
export class Features {
  hostname?: string;
  release?: string;
  perfVersion?: string;
  arch?: string;
  cmdline?: readonly string[];
  reference?: NonNullable<PerfHeader['reference']>;
  compressed: boolean = false;
  readonly described: DescribedEvent[] = [];
  readonly formats: TracepointFormat[] = [];

  /** Sections that say nothing of use, or are damaged, are passed over. */
  read(feature: number, bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    switch (feature) {
      case FEATURE.tracingData:
        this.formats.push(...readTracingData(bytes));
        break;
      case FEATURE.hostname:
        this.hostname = textAt(bytes, view, 0)?.text;
        break;
      case FEATURE.osRelease:
        this.release = textAt(bytes, view, 0)?.text;
        break;
      case FEATURE.version:
        this.perfVersion = textAt(bytes, view, 0)?.text;
        break;
      case FEATURE.arch:
        this.arch = textAt(bytes, view, 0)?.text;
        break;
      case FEATURE.cmdline:
        this.cmdline = readCmdline(bytes, view);
        break;
      case FEATURE.eventDesc:
        this.described.push(...readEventDesc(bytes, view));
        break;
      case FEATURE.compressed:
        this.compressed = true;
        break;
      case FEATURE.clockData:
        this.reference = readClockData(view);
        break;
      default:
        break;
    }
  }
}

/** A length, that many bytes, the text in them up to its NUL. */
function textAt(bytes: Uint8Array, view: DataView, at: number): { text: string; next: number } | undefined {
  if (at + 4 > bytes.length) return undefined;
  const next = at + 4 + view.getUint32(at, true);
  return next > bytes.length ? undefined : { text: latin1(bytes, at + 4, next), next };
}

function readCmdline(bytes: Uint8Array, view: DataView): string[] {
  const words: string[] = [];
  let at = 4;
  const count = bytes.length < 4 ? 0 : view.getUint32(0, true);
  while (words.length < count) {
    const word = textAt(bytes, view, at);
    if (!word) break;
    words.push(word.text);
    at = word.next;
  }
  return words;
}

function readEventDesc(bytes: Uint8Array, view: DataView): DescribedEvent[] {
  const events: DescribedEvent[] = [];
  if (bytes.length < 8) return events;
  const count = view.getUint32(0, true);
  const size = view.getUint32(4, true);
  let at = 8;
  while (events.length < count) {
    const attributes = readAttributes(view, at, size);
    const idCountAt = at + size;
    const name = textAt(bytes, view, idCountAt + 4);
    if (!attributes || !name) break;
    const idCount = view.getUint32(idCountAt, true);
    const end = name.next + idCount * 8;
    if (end > bytes.length) break;
    const ids: number[] = [];
    for (let id = name.next; id < end; id += 8) ids.push(unsigned64(view, id));
    events.push({ name: name.text, attributes, ids });
    at = end;
  }
  return events;
}

function readClockData(view: DataView): Features['reference'] {
  if (view.byteLength < 24) return undefined;
  return { realNs: view.getBigUint64(8, true), clockNs: view.getBigUint64(16, true) };
}
