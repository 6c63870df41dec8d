import { PERF, type PerfHeader } from '../batch.ts';
import { detached } from '../texts.ts';
import { TextSource } from './text-base.ts';

/**
 * `TIME [CPU] COMM[TID/PID] WAIT DELAY RUN`, the last three in milliseconds; behind them a state and a call chain. The idle
 * thread has no number.
 */
const LINE =
  /^\s{0,40}(\d{1,12})\.(\d{6})\s{1,4}\[(\d{1,5})\]\s(.{1,200}?)(?:\[(\d{1,10})(?:\/(\d{1,10}))?\])?\s{1,80}(\d+\.\d{3})\s{1,20}(\d+\.\d{3})\s{1,20}(\d+\.\d{3})(?:\s{1,20}([A-Z]))?(?:\s{1,20}(.*))?$/;

/** With -w: `TIME [CPU] COMM[TID] awakened: COMM[TID]`. */
const WAKE_LINE =
  /^\s{0,40}(\d{1,12})\.(\d{6})\s{1,4}\[(\d{1,5})\]\s(.{1,200}?)(?:\[(\d{1,10})(?:\/\d{1,10})?\])?\s{1,80}awakened: (.{1,40}?)\[(\d{1,10})(?:\/\d{1,10})?\]/;

const HEADING =
  /^\s*(?:#|-+ |time\s+cpu\s|\[tid\/pid\]|Samples (?:do not|of sched_switch event do not) have callchains|Runtime summary)/;

/** Whether a line is one of perf sched timehist. */
export function isTimehistLine(line: string): boolean {
  return LINE.test(line) || WAKE_LINE.test(line);
}

/** Reads the text of perf sched timehist: a line a stretch on the CPU, told when it ends. */
export class TimehistReader extends TextSource {
  readonly header: PerfHeader = { events: ['sched:sched_switch'] };

  /** A line that is none: it may be the first half of one with a newline in the name of the thread. */
  #loose: string | undefined;

  protected take(line: string): void {
    if (line.trim() === '') return;
    if (this.#record(line)) this.finish();
    else if (HEADING.test(line)) this.tally.comments += 1;
    else if (this.#loose !== undefined && this.#record(`${this.#loose} ${line}`)) this.#loose = undefined;
    else {
      this.finish();
      this.#loose = line;
    }
  }

  protected finish(): void {
    if (this.#loose !== undefined) this.foreign(this.#loose);
    this.#loose = undefined;
  }

  #record(line: string): boolean {
    const stretch = LINE.exec(line);
    const wake = stretch ? null : WAKE_LINE.exec(line);
    if (stretch) this.#stretch(stretch);
    else if (wake) this.#wake(wake);
    return stretch !== null || wake !== null;
  }

  #stretch(match: readonly (string | undefined)[]): void {
    this.tally.records += 1;
    this.tally.samples += 1;
    const [, seconds, micros, cpu, , tid = '0', pid = tid, , , run, , chain = ''] = match;
    const end = this.ns(Number(seconds), Number(micros) * 1000);
    const { rows } = this;
    const start = end - Math.round(Number(run) * 1e6);
    if (start < end) rows.add(PERF.in, start, Number(pid), Number(tid), Number(cpu));
    const row = rows.add(PERF.out, end, Number(pid), Number(tid), Number(cpu));
    if (chain === '') return;
    const names = chain.split('<-').map((name) => detached(name.trim()));
    rows.columns.stack[row] = this.stacks.intern(names);
    this.tally.frames += names.length;
  }

  #wake(match: readonly (string | undefined)[]): void {
    this.tally.records += 1;
    this.tally.samples += 1;
    const [, seconds, micros, cpu, , tid = '0', comm, woken] = match;
    const at = this.ns(Number(seconds), Number(micros) * 1000);
    const row = this.rows.add(PERF.waking, at, Number(tid), Number(tid), Number(cpu));
    this.rows.columns.a[row] = Number(woken);
    this.rows.columns.b[row] = -1;
    this.rows.columns.text[row] = this.texts.intern(comm!);
  }
}
