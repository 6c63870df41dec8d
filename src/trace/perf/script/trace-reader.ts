import { errnoNumber } from '../../../procfs/errno.ts';
import { PERF, type PerfHeader } from '../batch.ts';
import { detached } from '../texts.ts';
import { parseFrame } from './frame.ts';
import { TextSource } from './text-base.ts';

/** `TIME ( DURATION ms): COMM/TID rest`; the time is `?` for a call that was begun before perf was. */
const CALL_LINE =
  /^\s{0,40}(?:(\d{1,15}\.\d{3})|\?)\s{1,20}\(\s{0,12}(?:(\d{1,12}\.\d{3}) ms)?\s{0,12}\):\s{1,4}(.*)$/;
/** Other events, asked for with -e: `TIME COMM/TID sched:sched_switch:…` or `…(…)`. */
const EVENT_LINE =
  /^\s{0,40}(\d{1,15}\.\d{3})\s{1,20}(?:(?:[^(]{0,40}?)\/(\d{1,10})\s{1,20})?([a-z_]\w{0,60}:\w{1,80})[:(]/;
/** The name may hold blanks and slashes; the call begins behind the number. */
const THREAD = /^([^(]{0,40}?)\/(\d{1,10})\s+/;
const CONTINUED = /^\.\.\. \[continued\]: (\w+)\(\)?\)/;
const CALL = /^(\w+)\((.*)$/;
const EVENT = /^([a-z_]\w*:\w+)[:(]/;
const RESULT = /\)\s*= (0x[0-9a-f]{1,16}|-?\d{1,20})(?: ([A-Z][A-Z0-9]+) \()?[^=]*$/;
const LONGEST_NAME = 16;

/** Lines of a call chain stand far to the right. */
const FRAME_INDENT = /^\s{8}/;

/** Whether a line is one of perf trace. */
export function isTraceLine(line: string): boolean {
  return CALL_LINE.test(line) || EVENT_LINE.test(line);
}

interface Pending {
  readonly at: number;
  readonly durationNs: number;
  readonly tid: number;
  readonly body: string;
}

/** Reads the text of perf trace: calls by name; its times count from its first event. */
export class TraceReader extends TextSource {
  readonly header: PerfHeader = { clock: 'perf trace', events: [] };
  #pending: Pending | undefined;
  #chain: string[] = [];
  /** The line of a call that says nothing yet: a newline in the name of the thread cut it in two. */
  #cut: string | undefined;

  protected take(line: string): void {
    const joined = this.#cut === undefined ? line : `${this.#cut} ${line}`;
    this.#cut = undefined;
    this.#line(joined, line);
  }

  #line(line: string, last: string): void {
    const call = CALL_LINE.exec(line);
    if (call && line === last && call[3]!.length < LONGEST_NAME && !/[(:]/.test(call[3]!)) {
      this.#cut = detached(line);
      return;
    }
    if (call) {
      const [, time, duration, what] = call;
      const thread = THREAD.exec(what!);
      this.#begin({
        at: time === undefined ? Number.NaN : this.#moment(time),
        durationNs: Number(duration ?? 0) * 1e6,
        tid: thread ? Number(thread[2]) : -1,
        body: (thread ? what!.slice(thread[0].length) : what!).trimStart(),
      });
      return;
    }
    const event = EVENT_LINE.exec(line);
    if (event) {
      const [, time, tid, name] = event;
      this.#begin({ at: this.#moment(time!), durationNs: 0, tid: Number(tid ?? -1), body: `${name}:` });
    } else if (line.trim() !== '') this.#other(line);
  }

  protected finish(): void {
    if (this.#cut !== undefined) this.foreign(this.#cut);
    this.#cut = undefined;
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending) this.#rows(pending);
    this.#chain = [];
  }

  #moment(milliseconds: string): number {
    const [whole, thousandths] = milliseconds.split('.').map(Number);
    const micros = (whole! % 1000) * 1000 + thousandths!;
    const at = this.ns(Math.floor(whole! / 1000), micros * 1000);
    // The first event is at 0, which is a time here.
    return Number.isNaN(at) ? this.ns(0, 1) - 1 : at;
  }

  #begin(pending: Pending): void {
    this.finish();
    this.tally.records += 1;
    this.tally.samples += 1;
    this.#pending = pending;
  }

  #other(line: string): void {
    const frame = this.#pending && FRAME_INDENT.test(line) ? parseFrame(line) : undefined;
    if (!frame) {
      this.foreign(line);
      return;
    }
    this.tally.frames += 1;
    this.#chain.push(detached(frame.name));
  }

  #rows({ at, durationNs, tid, body }: Pending): void {
    const { rows } = this;
    const event = EVENT.exec(body);
    const continued = CONTINUED.exec(body);
    const call = continued ?? CALL.exec(body);
    if (event) {
      const row = rows.add(PERF.sample, at, tid, tid, -1);
      rows.columns.a[row] = 1;
      rows.columns.text[row] = this.texts.intern(event[1]!);
      rows.columns.stack[row] = this.stacks.intern(this.#chain);
    } else if (call) {
      this.#call(call[1]!, continued ? undefined : call[2]!, body, at, durationNs, tid);
    } else this.refuse(body);
  }

  #call(
    name: string,
    args: string | undefined,
    body: string,
    at: number,
    durationNs: number,
    tid: number,
  ): void {
    const text = this.texts.intern(name);
    const stack = this.stacks.intern(this.#chain);
    const result = RESULT.exec(body);
    const { rows } = this;
    if (args !== undefined) {
      const row = rows.add(PERF.enter, at, tid, tid, -1);
      rows.columns.a[row] = -1;
      rows.columns.text[row] = text;
      rows.columns.stack[row] = stack;
      rows.columns.argTexts[row] = argumentsOf(args, result !== null);
    }
    if (!result) return;
    const row = rows.add(PERF.exit, at + durationNs, tid, tid, -1);
    rows.columns.a[row] = -1;
    rows.columns.b[row] = returned(result[1]!, result[2]);
    rows.columns.text[row] = text;
  }
}

/** What the kernel gave back: of a failure perf trace tells -1 and the name of the error. */
function returned(value: string, error: string | undefined): number {
  const errno = error === undefined ? undefined : errnoNumber(error);
  return errno === undefined || value !== '-1' ? Number(value) : -errno;
}

/** Text up to the parenthesis that closes the call. */
function argumentsOf(text: string, hasResult: boolean): string {
  const end = hasResult ? text.search(/\)\s*= [^=]*$/) : text.lastIndexOf(')');
  return (end < 0 ? text : text.slice(0, end)).trimEnd();
}
