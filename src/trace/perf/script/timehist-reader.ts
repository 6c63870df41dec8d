import { PERF, type PerfHeader } from '../batch.ts';
import { detached } from '../texts.ts';
import { TextSource } from './text-base.ts';

/** `TIME [CPU] COMM[TID/PID] WAIT DELAY RUN`, the last three in milliseconds; behind them a state and a call chain. */
const LINE =
  /^\s{0,40}(\d{1,12})\.(\d{6})\s{1,4}\[(\d{1,5})\]\s(.{0,200}?)\[(\d{1,10})(?:\/(\d{1,10}))?\]\s{1,40}(\d+\.\d{3})\s{1,20}(\d+\.\d{3})\s{1,20}(\d+\.\d{3})(?:\s{1,20}([A-Z]))?(?:\s{1,20}(.*))?$/;

const HEADING =
  /^\s*(?:#|-+ |time\s+cpu\s|\[tid\/pid\]|Samples (?:do not|of sched_switch event do not) have callchains|Runtime summary)/;

/** Whether a line is one of perf sched timehist. */
export function isTimehistLine(line: string): boolean {
  return LINE.test(line);
}

/** Reads the text of perf sched timehist: a line a stretch on the CPU, told when it ends. */
export class TimehistReader extends TextSource {
  readonly header: PerfHeader = { events: ['sched:sched_switch'] };

  protected take(line: string): void {
    if (line.trim() === '') return;
    const match = LINE.exec(line);
    if (!match) {
      if (HEADING.test(line)) this.tally.comments += 1;
      else this.foreign(line);
      return;
    }
    this.tally.records += 1;
    this.tally.samples += 1;
    const [, seconds, micros, cpu, , tid, pid, , , run, , chain] = match;
    const end = this.ns(Number(seconds), Number(micros) * 1000);
    const { rows } = this;
    const start = end - Number(run) * 1e6;
    if (start < end) rows.add(PERF.in, start, Number(pid ?? tid), Number(tid), Number(cpu));
    const row = rows.add(PERF.out, end, Number(pid ?? tid), Number(tid), Number(cpu));
    const names = (chain ?? '').split('<-').map((name) => detached(name.trim()));
    if (names[0] !== '') rows.columns.stack[row] = this.stacks.intern(names);
    this.tally.frames += names[0] === '' ? 0 : names.length;
  }

  protected finish(): void {
    // Each line is a record of its own.
  }
}
