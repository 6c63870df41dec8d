import type { PerfBatch, PerfHeader, PerfSource } from '../batch.ts';
import type { ByteSource } from '../byte-source.ts';
import { Stacks } from '../stacks.ts';
import { detached, Texts } from '../texts.ts';
import { LineReader } from './line-reader.ts';
import { RowWriter } from './row-writer.ts';

/** What became of the lines of a text: nothing is dropped in silence. */
export interface TextTally {
  lines: number;
  /** Lines that begin a record, of whatever kind. */
  records: number;
  /** Of them, those that are samples of an event. */
  samples: number;
  /** Lines of call chains. */
  frames: number;
  comments: number;
  /** Records that say nothing of use here (PERF_RECORD_MMAP2 …). */
  passedOver: number;
  /** Records whose text cannot be read. */
  refused: number;
  /** Lines that are none of perf's: the prompt, mail, another program's output. */
  foreign: number;
}

export interface PerfTextSource extends PerfSource {
  readonly tally: Readonly<TextTally>;
}

const EXAMPLE_CHARACTERS = 80;
const MOST_EXAMPLES = 3;

const QUOTE = /^(?:> ?)+/;

/** Reading a text line by line, and what all forms of it have in common. */
export abstract class TextSource implements PerfTextSource {
  abstract readonly header: PerfHeader;
  readonly opened = undefined;
  readonly tally: TextTally = {
    lines: 0,
    records: 0,
    samples: 0,
    frames: 0,
    comments: 0,
    passedOver: 0,
    refused: 0,
    foreign: 0,
  };
  protected readonly texts = new Texts();
  protected readonly stacks = new Stacks();
  protected readonly rows = new RowWriter();
  readonly #lines: LineReader;
  readonly #originSeconds: number;
  readonly #originNanoseconds: number;
  readonly #refusedExamples: string[] = [];
  readonly #foreignExamples: string[] = [];
  #ended: boolean = false;

  constructor(source: ByteSource, originNs: bigint) {
    this.#lines = new LineReader(source);
    this.#originSeconds = Number(originNs / 1_000_000_000n);
    this.#originNanoseconds = Number(originNs % 1_000_000_000n);
  }

  /** Takes one line; may add up to two rows. */
  protected abstract take(line: string): void;

  /** There are no more lines. */
  protected abstract finish(): void;

  next(): PerfBatch | undefined {
    this.rows.begin();
    while (!this.#ended && !this.rows.nearlyFull) {
      if (!this.step()) {
        this.#ended = true;
        this.finish();
      }
    }
    return this.rows.take();
  }

  /** Reads one line, without the marks of a quotation; false at the end. */
  protected step(): boolean {
    const line = this.#lines.next();
    if (line === undefined) return false;
    this.tally.lines += 1;
    this.take(line.startsWith('>') ? line.replace(QUOTE, '') : line);
    return true;
  }

  stack(id: number): readonly string[] {
    return this.stacks.get(id);
  }

  text(id: number): string {
    return this.texts.get(id);
  }

  /** Ns of a moment on the recording's clock; NaN for 0, which is what perf shows of records without a stamp. */
  protected ns(seconds: number, nanoseconds: number): number {
    if (seconds === 0 && nanoseconds === 0) return Number.NaN;
    return (seconds - this.#originSeconds) * 1e9 + (nanoseconds - this.#originNanoseconds);
  }

  protected refuse(line: string): void {
    this.tally.refused += 1;
    remember(this.#refusedExamples, line);
  }

  protected foreign(line: string): void {
    this.tally.foreign += 1;
    remember(this.#foreignExamples, line);
  }

  get complaints(): readonly string[] {
    const complaints: string[] = [];
    const { refused, foreign } = this.tally;
    if (refused > 0) {
      complaints.push(`${refused} records could not be read, such as: ${this.#refusedExamples.join(' | ')}`);
    }
    if (foreign > 0) {
      complaints.push(`${foreign} lines are none of perf's, such as: ${this.#foreignExamples.join(' | ')}`);
    }
    if (this.rows.late > 0) {
      complaints.push(
        `${this.rows.late} records came too late to be put in order; their times are not right.`,
      );
    }
    if (this.stacks.refused > 0) complaints.push(`${this.stacks.refused} stacks were too many to be kept.`);
    return complaints;
  }
}

function remember(examples: string[], line: string): void {
  if (examples.length < MOST_EXAMPLES) examples.push(detached(line.trim().slice(0, EXAMPLE_CHARACTERS)));
}
