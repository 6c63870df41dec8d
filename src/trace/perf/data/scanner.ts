import { type ByteSource, bytesAt } from '../byte-source.ts';
import { readAttributes } from './attributes.ts';
import { type Decoder, isInteresting } from './decoder.ts';
import type { Events } from './events.ts';
import type { Features } from './features.ts';
import { type DataSection, idsIn, refuseCompressed } from './file-header.ts';
import { unsigned64 } from './numbers.ts';
import { FIRST_USER_RECORD, RECORD, RECORD_HEADER } from './records.ts';
import { Run, type Runs } from './runs.ts';
import { Window } from './window.ts';

/** Runs waiting to be merged: beyond it the file is in no order at all, and what there is is given as it is. */
const MOST_RUNS = 1 << 16;

const MOST_THREADS = 1 << 20;

/** PERF_EVENT_UPDATE__NAME. */
const UPDATE_NAME = 2;

/** Walks over a perf.data once: finds the runs, and takes what perf itself wrote between the records. */
export class Scanner {
  readonly #source: ByteSource;
  readonly #events: Events;
  readonly #features: Features;
  readonly #decoder: Decoder;
  readonly #window = new Window();
  readonly opened = new Set<number>();
  #position: number;
  readonly #end: number;
  #order = 0;
  #latest = Number.NEGATIVE_INFINITY;
  #latestBefore = Number.NEGATIVE_INFINITY;
  ended: boolean = false;
  /** Set when it had to stop before the end. */
  trouble: string | undefined;

  constructor(
    source: ByteSource,
    section: DataSection,
    events: Events,
    features: Features,
    decoder: Decoder,
  ) {
    this.#source = source;
    this.#events = events;
    this.#features = features;
    this.#decoder = decoder;
    this.#position = section.start;
    this.#end = Math.min(section.end, source.size);
  }

  /** Of a piped recording: takes what comes before the first record that the kernel wrote. */
  readPreamble(): void {
    while (!this.ended) {
      const at = this.#record();
      if (at < 0 || this.#window.view.getUint32(at, true) < FIRST_USER_RECORD) return;
      this.#position += this.#userRecord(at);
    }
  }

  /**
   * Finds the runs up to the next mark of perf that it has copied from all buffers. Gives the time up to which all is known
   * then: what was in the buffers when the round began is in this one or an earlier.
   */
  scanRound(runs: Runs): number {
    let run: { start: number; first: number } | undefined;
    // What perf has made up without a stamp of what was there before: of whichever CPU the first record is, they come before it.
    const unstamped: { start: number; end: number; order: number }[] = [];
    let earliest = Number.POSITIVE_INFINITY;
    const place = (): void => {
      const time = earliest === Number.POSITIVE_INFINITY ? Math.max(0, this.#latest) : earliest;
      for (const { start, end, order } of unstamped)
        runs.add(new Run(start, end, time, this.#latestBefore, order));
    };
    const finish = (): void => {
      if (!run) return;
      if (Number.isNaN(run.first))
        unstamped.push({ start: run.start, end: this.#position, order: this.#order++ });
      else runs.add(new Run(run.start, this.#position, run.first, this.#latestBefore, this.#order++));
      run = undefined;
    };
    let last = Number.NaN;
    for (;;) {
      const at = this.#record();
      if (at < 0) break;
      const { view } = this.#window;
      const type = view.getUint32(at, true);
      const size = view.getUint16(at + 6, true);
      if (type >= FIRST_USER_RECORD) {
        const length = this.#userRecord(at);
        // What is not a record of the kernel's, e.g. AUX data, must not lie within a run.
        if (length !== size) finish();
        this.#position += length;
        if (type === RECORD.finishedRound || this.ended) break;
        continue;
      }
      if (isInteresting(type)) {
        const time = this.#decoder.timeOf(view, at, type, size);
        const isFirstStamp = run !== undefined && Number.isNaN(run.first) && !Number.isNaN(time);
        if (run && (time < last || isFirstStamp)) {
          finish();
          if (runs.size >= MOST_RUNS) {
            place();
            return this.#latest;
          }
        }
        run ??= { start: this.#position, first: time };
        if (!Number.isNaN(time)) {
          last = time;
          if (time < earliest) earliest = time;
          if (time > this.#latest) this.#latest = time;
        }
      }
      this.#position += size;
    }
    finish();
    place();
    if (this.ended) return Number.POSITIVE_INFINITY;
    const limit = this.#latestBefore;
    this.#latestBefore = this.#latest;
    return limit;
  }

  /** Where the next record lies in the window; -1 at the end. */
  #record(): number {
    if (this.ended) return -1;
    const left = this.#end - this.#position;
    if (left < RECORD_HEADER) return this.#stop(left !== 0);
    const at = this.#window.locate(this.#source, this.#position, RECORD_HEADER, this.#end);
    if (at < 0) return this.#stop(true);
    const size = this.#window.view.getUint16(at + 6, true);
    if (size < RECORD_HEADER) {
      this.trouble = `The file is damaged: at byte ${this.#position} there is no record. What comes behind was not read.`;
      return this.#stop(false);
    }
    const whole = this.#window.locate(this.#source, this.#position, size, this.#end);
    return whole < 0 ? this.#stop(true) : whole;
  }

  #stop(cut: boolean): -1 {
    this.ended = true;
    if (cut) this.trouble ??= 'The file ends in the middle of a record.';
    return -1;
  }

  /** Takes a record of perf's own; gives its length with what belongs to it. */
  #userRecord(at: number): number {
    const { view } = this.#window;
    const type = view.getUint32(at, true);
    const size = view.getUint16(at + 6, true);
    const body = at + RECORD_HEADER;
    const bodySize = size - RECORD_HEADER;
    switch (type) {
      case RECORD.compressed:
      case RECORD.compressed2:
        this.trouble = refuseCompressed().refused;
        this.ended = true;
        break;
      case RECORD.auxtrace:
        return bodySize >= 8 ? size + unsigned64(view, body) : size;
      case RECORD.tracingData: {
        if (bodySize < 4) break;
        const length = view.getUint32(body, true);
        this.#features.read(1, bytesAt(this.#source, this.#position + size, length));
        this.#describe();
        return size + Math.ceil(length / 8) * 8;
      }
      case RECORD.headerAttr:
        this.#attributes(view, body, bodySize);
        break;
      case RECORD.headerFeature:
        if (bodySize < 8) break;
        this.#features.read(unsigned64(view, body), bytesOf(view, body + 8, bodySize - 8));
        this.#describe();
        break;
      case RECORD.eventUpdate:
        if (bodySize > 16 && unsigned64(view, body) === UPDATE_NAME) {
          const name = bytesOf(view, body + 16, bodySize - 16);
          this.#events.name(unsigned64(view, body + 8), textIn(name));
        }
        break;
      case RECORD.idIndex:
        this.#threads(view, body, bodySize);
        break;
      default:
        break;
    }
    return size;
  }

  /** perf_event_attr by its own size, then the identifiers. */
  #attributes(view: DataView, body: number, bodySize: number): void {
    if (bodySize < 8) return;
    const size = view.getUint32(body + 4, true);
    if (size > bodySize) return;
    const attributes = readAttributes(view, body, size);
    if (attributes) this.#events.add(attributes, idsIn(bytesOf(view, body + size, bodySize - size)));
  }

  /** Which thread each identifier was opened for: u64 id, index, cpu, tid. */
  #threads(view: DataView, body: number, bodySize: number): void {
    if (bodySize < 8) return;
    const count = Math.min(unsigned64(view, body), Math.floor((bodySize - 8) / 32));
    for (let entry = 0; entry < count && this.opened.size < MOST_THREADS; entry++) {
      const tid = view.getInt32(body + 8 + entry * 32 + 24, true);
      if (tid >= 0) this.opened.add(tid);
    }
  }

  #describe(): void {
    for (const format of this.#features.formats.splice(0)) this.#events.format(format);
    for (const { name, ids } of this.#features.described.splice(0)) {
      for (const id of ids) this.#events.name(id, name);
    }
  }
}

function bytesOf(view: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, length).slice();
}

function textIn(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}
