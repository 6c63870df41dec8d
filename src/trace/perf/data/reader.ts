import type { PerfBatch, PerfHeader, PerfSource } from '../batch.ts';
import { PERF } from '../batch.ts';
import type { ByteSource } from '../byte-source.ts';
import { Columns } from '../columns.ts';
import { parseTracepointFormat } from '../format.ts';
import type { PerfOptions, Refused } from '../options.ts';
import { Stacks } from '../stacks.ts';
import { Texts } from '../texts.ts';
import { clockName } from './attributes.ts';
import { Chains } from './chains.ts';
import { Decoder, isInteresting } from './decoder.ts';
import { Events } from './events.ts';
import { Features } from './features.ts';
import { type DataSection, readFileHeader } from './file-header.ts';
import { RECORD_HEADER } from './records.ts';
import { type Run, Runs } from './runs.ts';
import { Scanner } from './scanner.ts';
import { Window } from './window.ts';

/** Windows kept for the next run rather than allocated anew. */
const SPARE_WINDOWS = 64;

export interface PerfDataSource extends PerfSource {
  /** Kernel addresses that stacks asked for, and their names: what reading the same file elsewhere needs. */
  readonly symbolsUsed: ReadonlyMap<bigint, string>;
}

/**
 * Reads a perf.data, as a file of any size in memory that does not grow with it: one walk finds the runs of records that
 * are in order, a merge of them then reads the file a second time.
 */
export function openPerfData(source: ByteSource, options: PerfOptions): PerfDataSource | Refused {
  const texts = new Texts();
  const events = new Events(texts);
  const features = new Features();
  const section = readFileHeader(source, events, features);
  if ('refused' in section) return section;
  const stacks = new Stacks();
  const chains = new Chains(stacks, options.symbolise);
  const decoder = new Decoder(events, texts, chains, options.originNs);
  for (const format of features.formats.splice(0)) events.format(format);
  for (const { name, ids } of features.described.splice(0)) for (const id of ids) events.name(id, name);
  const scanner = new Scanner(source, section, events, features, decoder);
  if (section.piped) scanner.readPreamble();
  if (scanner.ended && scanner.trouble !== undefined) return { refused: scanner.trouble };
  for (const { system, text } of options.formats ?? []) {
    const format = parseTracepointFormat(system, text);
    if (format) events.format(format);
  }
  return new PerfDataReader(source, section, events, features, decoder, scanner, texts, stacks, chains);
}

class PerfDataReader implements PerfDataSource {
  readonly header: PerfHeader;
  readonly #source: ByteSource;
  readonly #section: DataSection;
  readonly #events: Events;
  readonly #decoder: Decoder;
  readonly #scanner: Scanner;
  readonly #texts: Texts;
  readonly #stacks: Stacks;
  readonly #chains: Chains;
  readonly #columns = new Columns();
  readonly #runs = new Runs();
  readonly #spare: Window[] = [];
  #limit = Number.NEGATIVE_INFINITY;
  #first = Number.NaN;
  #reached = Number.NEGATIVE_INFINITY;
  #late = 0;
  #lostTold: boolean = false;

  constructor(
    source: ByteSource,
    section: DataSection,
    events: Events,
    features: Features,
    decoder: Decoder,
    scanner: Scanner,
    texts: Texts,
    stacks: Stacks,
    chains: Chains,
  ) {
    this.#source = source;
    this.#section = section;
    this.#events = events;
    this.#decoder = decoder;
    this.#scanner = scanner;
    this.#texts = texts;
    this.#stacks = stacks;
    this.#chains = chains;
    this.header = {
      clock: events.first && clockName(events.first),
      reference: features.reference,
      hostname: features.hostname,
      release: features.release,
      arch: features.arch,
      perfVersion: features.perfVersion,
      cmdline: features.cmdline,
      events: events.names,
    };
  }

  get symbolsUsed(): ReadonlyMap<bigint, string> {
    return this.#chains.symbolsUsed;
  }

  get opened(): ReadonlySet<number> | undefined {
    return this.#scanner.opened.size === 0 ? undefined : this.#scanner.opened;
  }

  stack(id: number): readonly string[] {
    return this.#stacks.get(id);
  }

  text(id: number): string {
    return this.#texts.get(id);
  }

  next(): PerfBatch | undefined {
    const columns = this.#columns;
    columns.count = 0;
    while (!columns.full) {
      const run = this.#runs.first;
      if (run && run.time <= this.#limit) this.#drain(run);
      else if (!this.#scanner.ended) this.#limit = this.#scanner.scanRound(this.#runs);
      else if (run && this.#limit !== Number.POSITIVE_INFINITY) this.#limit = Number.POSITIVE_INFINITY;
      else break;
    }
    if (columns.count === 0) this.#tellLost();
    return columns.count === 0 ? undefined : columns;
  }

  /** Gives records of the first run until another one has an earlier record. */
  #drain(run: Run): void {
    if (!run.window && !this.#open(run)) {
      this.#runs.removeFirst();
      return;
    }
    const columns = this.#columns;
    const decoder = this.#decoder;
    const { view } = run.window!;
    const until = Math.min(this.#limit, this.#runs.secondTime);
    if (Number.isNaN(this.#first)) this.#first = run.time;
    do {
      if (run.time < this.#reached) this.#late += 1;
      else {
        decoder.decode(view, run.at, run.type, run.size, run.time, run.before, columns);
        this.#reached = run.time;
      }
      if (!this.#advance(run)) {
        this.#close(run);
        this.#runs.removeFirst();
        return;
      }
    } while (run.time <= until && !columns.full);
    this.#runs.sink();
  }

  #open(run: Run): boolean {
    run.window = this.#spare.pop() ?? new Window();
    run.window.clear();
    if (this.#locate(run)) return true;
    this.#close(run);
    return false;
  }

  #close(run: Run): void {
    if (run.window && this.#spare.length < SPARE_WINDOWS) this.#spare.push(run.window);
    run.window = undefined;
  }

  /** Goes to the next record that matters, and takes its stamp. */
  #advance(run: Run): boolean {
    run.position += run.size;
    run.before = run.time;
    return this.#locate(run);
  }

  #locate(run: Run): boolean {
    const window = run.window!;
    const { view } = window;
    for (;;) {
      let at = window.locate(this.#source, run.position, RECORD_HEADER, run.end);
      if (at < 0) return false;
      const type = view.getUint32(at, true);
      const size = view.getUint16(at + 6, true);
      if (size < RECORD_HEADER) return false;
      if (isInteresting(type)) {
        at = window.locate(this.#source, run.position, size, run.end);
        if (at < 0) return false;
        run.at = at;
        run.type = type;
        run.size = size;
        // Without a stamp of its own it has that of the record before it.
        const time = this.#decoder.timeOf(view, at, type, size);
        if (!Number.isNaN(time)) run.time = time;
        return true;
      }
      run.position += size;
    }
  }

  /** What perf counted as lost without telling when. */
  #tellLost(): void {
    const untold = this.#decoder.lostInAll - this.#decoder.lost;
    if (this.#lostTold || untold <= 0 || this.#reached === Number.NEGATIVE_INFINITY) return;
    this.#lostTold = true;
    const row = this.#columns.add(PERF.lost, this.#reached, -1, -1, -1);
    this.#columns.a[row] = untold;
    this.#columns.b[row] = this.#first;
  }

  get complaints(): readonly string[] {
    const complaints: string[] = [];
    const tell = (count: number, words: string): void => {
      if (count > 0) complaints.push(`${count} ${words}`);
    };
    if (this.#section.unfinished) {
      complaints.push(
        'perf was killed before it could finish this file; its records were read up to the end.',
      );
    } else if (this.#section.end > this.#source.size) {
      complaints.push('The file has been cut: its header tells of more records than there are.');
    }
    const strange = this.#events.withoutFormat;
    if (strange.length > 0) {
      complaints.push(
        `The file does not tell how the fields of ${strange.join(', ')} are laid out: they were not read.`,
      );
    }
    if (this.#scanner.trouble !== undefined) complaints.push(this.#scanner.trouble);
    tell(this.#late, 'records came too late to be put in order, and were left out.');
    tell(this.#decoder.damaged, 'records are damaged, and were left out.');
    tell(this.#decoder.unknownEvent, 'records are of an event that the file does not describe.');
    tell(this.#decoder.throttled, 'times perf was throttled by the kernel: samples are missing.');
    tell(this.#stacks.refused + this.#chains.refused, 'stacks were too many to be kept.');
    return complaints;
  }
}
