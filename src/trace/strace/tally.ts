import type { StraceTally } from './call.ts';

/** Counts beside those that all need. */
export interface StraceReaderTally extends StraceTally {
  /** Lines that told the beginning of a call alone, and the end of one alone. */
  readonly unfinished: number;
  readonly resumed: number;
  /** -k: lines of stacks. */
  readonly stackLines: number;
  /** Lines that went on with the one before: wrapped, or interrupted by the program's own output. */
  readonly joined: number;
  /** Lines longer than `LONGEST_LINE`, of which the middle was left out. */
  readonly cut: number;
  /** Calls by names that no architecture is known to have. */
  readonly unknownCalls: number;
  /** Lines of calls that were left out, of threads with which strace was out of step. */
  readonly outOfStep: number;
}

const EXAMPLES = 10;
const EXAMPLE_LENGTH = 200;
/** Below this share and number, unknown names are new calls; above it the text is another tool's. */
const FOREIGN_CALLS = 3;
const FOREIGN_SHARE = 0.1;

/** Counts what becomes of the lines, and judges by that whether they are strace's. */
export class Tally implements StraceReaderTally {
  lines = 0;
  calls = 0;
  signals = 0;
  exits = 0;
  messages = 0;
  summaryRows = 0;
  unfinishedLeft = 0;
  resumedAlone = 0;
  foreign = 0;
  refused = 0;
  readonly refusedExamples: string[] = [];
  unfinished = 0;
  resumed = 0;
  stackLines = 0;
  joined = 0;
  cut = 0;
  unknownCalls = 0;
  outOfStep = 0;
  readonly #foreignNames: string[] = [];

  unknownCall(name: string): void {
    this.unknownCalls++;
    if (this.#foreignNames.length < FOREIGN_CALLS && !this.#foreignNames.includes(name)) {
      this.#foreignNames.push(name);
    }
  }

  refuse(text: string): void {
    this.refused++;
    if (this.refusedExamples.length < EXAMPLES) this.refusedExamples.push(text.slice(0, EXAMPLE_LENGTH));
  }

  /** Why this is no strace log, in a sentence; undefined when it is one. */
  refusal(): string | undefined {
    const { calls, unknownCalls, lines } = this;
    if (calls + this.resumedAlone + this.signals + this.exits + this.summaryRows === 0) {
      return `no strace records in ${lines} ${lines === 1 ? 'line' : 'lines'}`;
    }
    if (unknownCalls >= FOREIGN_CALLS && unknownCalls > calls * FOREIGN_SHARE) {
      return (
        `not (only) a strace log: ${unknownCalls} of ${calls} calls are no system calls ` +
        `(${this.#foreignNames.join(', ')}): library calls, as ltrace prints them?`
      );
    }
    return undefined;
  }
}
