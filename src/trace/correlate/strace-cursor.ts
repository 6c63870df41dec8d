import type { Ns } from '../event.ts';
import type { StraceCall, StraceExit, StraceSignal, StraceVisitor } from '../strace/call.ts';
import type { Cursor } from './merge.ts';
import type { LineTimes } from './strace-times.ts';

/** A log of strace, read piece by piece. `read` gives what it holds to the visitor and says false at its end. */
export interface StraceLog {
  read(visitor: StraceVisitor): boolean;
  /** Sum of the -r differences up to the line that is being told; NaN in a log without. */
  readonly elapsedNs: number;
  /** How its stamps come to the clock of the trace; without, they are on it. */
  readonly times?: LineTimes;
}

/** What is done with each record when its time has come. */
export interface StraceTaker {
  /** `whole`: its line told all; else `ended` follows, or it stays open. */
  begun(at: Ns, call: StraceCall, whole: boolean): void;
  ended(at: Ns, call: StraceCall): void;
  signal(at: Ns, signal: StraceSignal): void;
  exit(at: Ns, exit: StraceExit): void;
}

type Item = {
  readonly stampNs: number;
  readonly elapsedNs: number;
} & (
  | { readonly kind: 'whole' | 'begun' | 'ended'; readonly of: StraceCall }
  | { readonly kind: 'signal'; readonly of: StraceSignal }
  | { readonly kind: 'exit'; readonly of: StraceExit }
);

/** The records of a strace log in the order of their lines, on the clock of the trace. */
export class StraceCursor implements Cursor, StraceVisitor {
  readonly #log: StraceLog;
  readonly #times: LineTimes;
  readonly #taker: StraceTaker;
  readonly #message: (text: string, tid: number) => void;
  #items: Item[] = [];
  #next = 0;
  #last: Ns = Number.NEGATIVE_INFINITY;
  #at: Ns | undefined;
  #done: boolean = false;

  constructor(
    log: StraceLog,
    times: LineTimes,
    taker: StraceTaker,
    message: (text: string, tid: number) => void,
  ) {
    this.#log = log;
    this.#times = times;
    this.#taker = taker;
    this.#message = message;
  }

  peek(): Ns {
    if (this.#at !== undefined) return this.#at;
    while (this.#next >= this.#items.length) {
      if (this.#done) return Number.POSITIVE_INFINITY;
      this.#items = [];
      this.#next = 0;
      this.#done = !this.#log.read(this);
    }
    const { stampNs, elapsedNs } = this.#items[this.#next]!;
    const at = this.#times.at(stampNs, elapsedNs);
    // A log without times keeps its order, at no time.
    if (!Number.isNaN(at)) this.#last = Math.max(at, this.#last);
    else if (this.#last === Number.NEGATIVE_INFINITY) this.#last = 0;
    this.#at = this.#last;
    return this.#at;
  }

  take(): void {
    const at = this.peek();
    const item = this.#items[this.#next++]!;
    this.#at = undefined;
    if (item.kind === 'whole') this.#taker.begun(at, item.of, true);
    else if (item.kind === 'begun') this.#taker.begun(at, item.of, false);
    else if (item.kind === 'ended') this.#taker.ended(at, item.of);
    else if (item.kind === 'signal') this.#taker.signal(at, item.of);
    else this.#taker.exit(at, item.of);
  }

  begun(call: StraceCall): void {
    // Looked at now: when its turn comes, its other half may have been read as well.
    const kind = call.state === 'open' ? 'begun' : 'whole';
    this.#push({ kind, stampNs: call.stampNs, elapsedNs: this.#log.elapsedNs, of: call });
  }

  ended(call: StraceCall, stampNs: number): void {
    const last = this.#items.at(-1);
    if (last?.kind === 'whole' && last.of === call) return;
    this.#push({ kind: 'ended', stampNs, elapsedNs: this.#log.elapsedNs, of: call });
  }

  signal(signal: StraceSignal): void {
    this.#push({ kind: 'signal', stampNs: signal.stampNs, elapsedNs: this.#log.elapsedNs, of: signal });
  }

  exit(exit: StraceExit): void {
    this.#push({ kind: 'exit', stampNs: exit.stampNs, elapsedNs: this.#log.elapsedNs, of: exit });
  }

  message(text: string, tid: number): void {
    this.#message(text, tid);
  }

  #push(item: Item): void {
    this.#times.seen(item.stampNs, item.elapsedNs);
    this.#items.push(item);
  }
}
