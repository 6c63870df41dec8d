import { PERF, type PerfHeader } from '../batch.ts';
import { TextSource } from './text-base.ts';

/** `TIME ( DURATION ms): COMM/TID rest`; the time is `?` for a call that was begun before perf was. */
const LINE =
  /^\s{0,40}(?:(\d{1,15}\.\d{3})|\?)\s{1,20}\(\s{0,12}(?:(\d{1,12}\.\d{3}) ms)?\s{0,12}\):\s{1,4}(.*)$/;
/** The name may hold blanks and slashes; the call begins behind the number. */
const THREAD = /^([^(]{0,40}?)\/(\d{1,10})\s+/;
const CONTINUED = /^\.\.\. \[continued\]: (\w+)\(\)?\)/;
const CALL = /^(\w+)\((.*)$/;
const RESULT = /\)\s*= (-?\d{1,20}|0x[0-9a-f]{1,16})(?: ([A-Z][A-Z0-9]+) \()?[^=]*$/;

/** Whether a line is one of perf trace. */
export function isTraceLine(line: string): boolean {
  return LINE.test(line);
}

/** Reads the text of perf trace: calls by name; its times count from its first event. */
export class TraceReader extends TextSource {
  readonly header: PerfHeader = { clock: 'perf trace', events: [] };

  protected take(line: string): void {
    if (line.trim() === '') return;
    const match = LINE.exec(line);
    if (!match) {
      this.foreign(line);
      return;
    }
    this.tally.records += 1;
    const [, time, duration, what] = match;
    const thread = THREAD.exec(what!);
    const tid = thread ? Number(thread[2]) : -1;
    const body = (thread ? what!.slice(thread[0].length) : what!).trimStart();
    const at = time === undefined ? Number.NaN : this.ns(0, Math.round(Number(time) * 1e6)) || Number.NaN;
    this.tally.samples += 1;
    const continued = CONTINUED.exec(body);
    const call = continued ?? CALL.exec(body);
    if (!call) {
      this.refuse(body);
      return;
    }
    this.#call(call[1]!, continued ? undefined : call[2]!, body, at, Number(duration ?? 0), tid);
  }

  protected finish(): void {
    // Each line is a record of its own.
  }

  #call(
    name: string,
    args: string | undefined,
    body: string,
    at: number,
    milliseconds: number,
    tid: number,
  ): void {
    const text = this.texts.intern(name);
    const result = RESULT.exec(body);
    const { rows } = this;
    if (args !== undefined) {
      const row = rows.add(PERF.enter, at, tid, tid, -1);
      rows.columns.a[row] = -1;
      rows.columns.text[row] = text;
      rows.columns.argTexts[row] = argumentsOf(args, result !== null);
    }
    if (!result) return;
    const row = rows.add(PERF.exit, at + milliseconds * 1e6, tid, tid, -1);
    rows.columns.a[row] = -1;
    rows.columns.b[row] = Number(result[1]);
    rows.columns.text[row] = text;
  }
}

/** Text up to the parenthesis that closes the call. */
function argumentsOf(text: string, hasResult: boolean): string {
  const end = hasResult ? text.search(/\)\s*= [^=]*$/) : text.lastIndexOf(')');
  return (end < 0 ? text : text.slice(0, end)).trimEnd();
}
