import type { PerfBatch } from './batch.ts';

/** Rows of a batch: enough that a call per batch costs nothing, few enough to stay in the processor's cache. */
export const BATCH_ROWS = 8192;

const WORDS_PER_ROW = 12;

/** A batch that can be filled. Its columns are used again for the next one. */
export class Columns implements PerfBatch {
  count = 0;
  readonly kind = new Uint8Array(BATCH_ROWS);
  readonly at = new Float64Array(BATCH_ROWS);
  readonly pid = new Int32Array(BATCH_ROWS);
  readonly tid = new Int32Array(BATCH_ROWS);
  readonly cpu = new Int32Array(BATCH_ROWS);
  readonly host = new Int32Array(BATCH_ROWS);
  readonly a = new Float64Array(BATCH_ROWS);
  readonly b = new Float64Array(BATCH_ROWS);
  readonly stack = new Int32Array(BATCH_ROWS);
  readonly text = new Int32Array(BATCH_ROWS);
  /** How many of the words of a row are arguments, two a piece. */
  readonly argWordCount = new Uint8Array(BATCH_ROWS);
  /** Arguments of enter rows: low word, high word. */
  readonly argWords = new Uint32Array(BATCH_ROWS * WORDS_PER_ROW);
  /** Arguments that were read as text, by row: as they are to be shown, or hexadecimal without 0x. */
  readonly argTexts: (string | undefined)[] = new Array<string | undefined>(BATCH_ROWS).fill(undefined);
  readonly argHex: (string | undefined)[] = new Array<string | undefined>(BATCH_ROWS).fill(undefined);

  get full(): boolean {
    return this.count === BATCH_ROWS;
  }

  /** Takes the next row, with nothing in it but what is told here. */
  add(kind: number, at: number, pid: number, tid: number, cpu: number): number {
    const row = this.count++;
    this.kind[row] = kind;
    this.at[row] = at;
    this.pid[row] = pid;
    this.tid[row] = tid;
    this.cpu[row] = cpu;
    this.host[row] = -1;
    this.a[row] = 0;
    this.b[row] = 0;
    this.stack[row] = -1;
    this.text[row] = -1;
    this.argWordCount[row] = 0;
    this.argTexts[row] = undefined;
    this.argHex[row] = undefined;
    return row;
  }

  /** Adds one argument to the row, at most six. */
  addArg(row: number, low: number, high: number): void {
    const count = this.argWordCount[row]!;
    if (count === WORDS_PER_ROW) return;
    const at = row * WORDS_PER_ROW + count;
    this.argWords[at] = low;
    this.argWords[at + 1] = high;
    this.argWordCount[row] = count + 2;
  }

  firstWord(row: number): number | undefined {
    return this.argWordCount[row]! > 0 ? this.argWords[row * WORDS_PER_ROW] : undefined;
  }

  args(row: number): string {
    const told = this.argTexts[row];
    if (told !== undefined) return told;
    const hex = this.argHex[row];
    if (hex !== undefined) return hex.replace(/[0-9a-f]+/g, '0x$&');
    const start = row * WORDS_PER_ROW;
    const count = this.argWordCount[row]!;
    let text = '';
    for (let at = start; at < start + count; at += 2) {
      if (at > start) text += ', ';
      text += hexOf(this.argWords[at + 1]!, this.argWords[at]!);
    }
    return text;
  }
}

/** Copies a row of one batch to the end of another. */
export function copyRow(from: Columns, row: number, to: Columns): void {
  const copy = to.add(from.kind[row]!, from.at[row]!, from.pid[row]!, from.tid[row]!, from.cpu[row]!);
  to.host[copy] = from.host[row]!;
  to.a[copy] = from.a[row]!;
  to.b[copy] = from.b[row]!;
  to.stack[copy] = from.stack[row]!;
  to.text[copy] = from.text[row]!;
  const words = from.argWordCount[row]!;
  const start = row * WORDS_PER_ROW;
  to.argWords.set(from.argWords.subarray(start, start + words), copy * WORDS_PER_ROW);
  to.argWordCount[copy] = words;
  to.argTexts[copy] = from.argTexts[row];
  to.argHex[copy] = from.argHex[row];
}

/** A number of 64 bits as `0x1f`, exact. */
export function hexOf(high: number, low: number): string {
  if (high === 0) return `0x${low.toString(16)}`;
  return `0x${high.toString(16)}${low.toString(16).padStart(8, '0')}`;
}
