import { parseBlockerLine } from './blocker.ts';
import { lines } from './each-line.ts';
import { isEndFrame, isEntryFrame, mayEndHere } from './end-frames.ts';
import { type Frame, type FrameLine, parseFrameLine } from './frames.ts';
import { stripLine, unquoted } from './lines.ts';
import { isNewestFirst } from './order.ts';
import { addHeader, type LoggedTask, taskOf, taskOfReport } from './task.ts';
import {
  isCutTaskLine,
  isWrapped,
  parseCpuLine,
  parseHeading,
  parseHungLine,
  parsePsLine,
  parseTaskLine,
  type TaskHeader,
} from './task-header.ts';

export type { LoggedTask } from './task.ts';

/** What may stand between the frames of one stack: registers, code, markers. Anything else ends a stack that has no header. */
const FILLER =
  /^(?:$|<\/?TASK>|R[A-Z0-9]{2} ?:|E[A-Z]{2} ?:|ORIG_RAX|Code ?:|[CDEFGS]S ?:|CR\d ?:|(?:pc|lr|sp|ip|x\d{1,2}|r\d{1,2}|fp) ?:|\[<?[0-9a-f]{0,18}>?\]$|0x[0-9a-f]{8,16}$|\[<[0-9a-f]{1,16}>\] 0x[0-9a-f]{1,16}$|\[\] 0x[0-9a-f]{1,16}|[0-9a-f]{8,16}(?: [0-9a-f]{8,16})*$|--- interrupt)/;
const TRACE_START = /^(?:\(?)(?:Call Trace|Call trace|Backtrace|Stack trace|Trace)\s?:/;
/** A register line that names a function, an IRQ's frames, another CPU's trace: not the task's own sleep. */
const ASIDE_OPEN = /^<(?:IRQ|NMI|SOFTIRQ|EOI|#DF|#DB|#MC|ENTRY_TRAMPOLINE)>/;
const ASIDE_CLOSE = /^<\/(?:IRQ|NMI|SOFTIRQ|#DF|#DB|#MC|ENTRY_TRAMPOLINE)>|^<EOI>|^<<EOE>>/;
const OTHER_CPU =
  /^(?:Sending NMI|NMI backtrace for cpu|Showing all locks|rcu: |Kernel panic|Modules linked in)/;
/** More frames than any kernel stack has (16 kB): hostile or broken input. */
const MAX_FRAMES = 512;

/** One writer's position: logs interleave several writers, told apart by printk's caller. */
interface Stream {
  task?: LoggedTask;
  /** Further columns of the same lines, and where they begin. */
  columns: { readonly start: number; readonly task: LoggedTask }[];
  /** The task has a header of its own; else a stack ends where its outermost frame or other text comes. */
  headed: boolean;
  /** The stack is complete: a frame now begins another one. */
  ended: boolean;
  /** Inside an interrupt's frames. */
  aside: boolean;
  /** Frames that now follow belong to a CPU that runs or reports. */
  cpu: boolean;
  heading?: TaskHeader;
  /** A `?` was wrapped away from its frame, which is the next. */
  leftover: boolean;
}

/**
 * The tasks whose kernel stacks stand in a text: khungtaskd's reports, sysrq-w and sysrq-t dumps, /proc/PID/stack, from
 * dmesg, journalctl, syslog, consoles or mails. A task that is reported again with the same stack is one task.
 */
export function parseKernelLog(text: string): LoggedTask[] {
  const parser = new Parser();
  let number = 0;
  const ordered = isNewestFirst(text) ? [...lines(text)].reverse() : unfolded(lines(text));
  for (const raw of ordered) {
    number++;
    // A log inside of a JSON string; what stands behind the last line's end are the other fields.
    if (raw.includes('\\n'))
      for (const part of raw.split(/(?:\\r)?\\n(?!")/)) parser.line(unquoted(part), number);
    else parser.line(raw, number);
  }
  return parser.finish();
}

/** Quoted-printable lines have 76 characters, `=` at the end of those that go on in the next. */
const FOLDED = /^.{69,78}[^=]=$/;

/** Lines of a mail's source, joined where its encoding cut them. */
function* unfolded(raw: Iterable<string>): Generator<string> {
  let held = '';
  for (const line of raw) {
    held += line;
    if (line.endsWith('=') && FOLDED.test(line) && held.length < 2000) held = held.slice(0, -1);
    else {
      yield held;
      held = '';
    }
  }
  if (held !== '') yield held;
}

class Parser {
  readonly #tasks: LoggedTask[] = [];
  /** Tasks of CPUs: only of use when the text has nothing else. */
  readonly #cpuTasks: LoggedTask[] = [];
  readonly #streams = new Map<string, Stream>();
  readonly #latest = new Map<number, LoggedTask>();
  readonly #ps = new Map<number, TaskHeader>();
  #wrapped: { content: string; caller: string; line: number; rest: number } | undefined;

  line(raw: string, number: number): void {
    const { content, caller, stamped, indent } = stripLine(raw);
    const wrapped = this.#wrapped;
    if (wrapped) {
      this.#wrapped = undefined;
      if (!stamped && content !== '' && !parseFrameLine(content) && !TRACE_START.test(content)) {
        const joined = join(wrapped.content, content);
        if (isCutTaskLine(wrapped.content) && !parseTaskLine(joined)) {
          this.#record(wrapped.content, wrapped.caller, wrapped.line, 0);
          this.#record(content, caller, number, indent);
          return;
        }
        if (wrapped.rest > 1 && isWrapped(joined)) {
          this.#wrapped = { ...wrapped, content: joined, rest: wrapped.rest - 1 };
        } else this.#record(joined, wrapped.caller, wrapped.line, 0);
        return;
      }
      this.#record(wrapped.content, wrapped.caller, wrapped.line, 0);
    }
    if (isWrapped(content) || (isCutTaskLine(content) && !parseTaskLine(content)))
      this.#wrapped = { content, caller, line: number, rest: 3 };
    else this.#record(content, caller, number, indent);
  }

  finish(): LoggedTask[] {
    if (this.#wrapped) this.#record(this.#wrapped.content, this.#wrapped.caller, this.#wrapped.line, 0);
    const found = this.#tasks.filter((task) => task.frames.length > 0 || task.reported || task.blocker);
    const cut = isCutOff(found) ? found[0] : undefined;
    const telling = found.filter((task) => task.pid !== undefined || !(task === cut || isRemnant(task)));
    if (telling.length > 0) return withStacks(merge(telling));
    return merge(found.length > 0 ? found : this.#cpuTasks.filter((task) => task.frames.length > 0));
  }

  #stream(caller: string): Stream {
    let stream = this.#streams.get(caller);
    if (!stream) {
      stream = { columns: [], headed: false, ended: false, aside: false, cpu: false, leftover: false };
      this.#streams.set(caller, stream);
    }
    return stream;
  }

  #record(content: string, caller: string, number: number, indent: number): void {
    const stream = this.#stream(caller);
    const frames = content === '' ? undefined : parseFrameLine(content);
    if (frames) this.#frames(stream, frames, number, indent);
    else this.#other(stream, content, number);
  }

  #other(stream: Stream, content: string, number: number): void {
    const hung = parseHungLine(content);
    if (hung) {
      this.#begin(stream, taskOfReport(hung, number));
      return;
    }
    const header = parseTaskLine(content);
    if (header) {
      const announced = stream.task;
      if (announced?.reported && announced.frames.length === 0 && announced.pid === header.pid) {
        addHeader(announced, header);
        if (header.state !== undefined) announced.state = header.state;
      } else this.#begin(stream, taskOf(header, number));
      return;
    }
    const blocked = parseBlockerLine(content);
    if (blocked) {
      let task = this.#latest.get(blocked.pid);
      if (!task) {
        task = taskOf({ pid: blocked.pid, comm: blocked.comm, state: 'D' }, number);
        this.#tasks.push(task);
        this.#latest.set(blocked.pid, task);
      }
      if (blocked.blocker) task.blocker = blocked.blocker;
      else task.lock = blocked.lock;
      stream.ended = true;
      return;
    }
    if (content.startsWith('Workqueue:') && stream.task) {
      stream.task.workqueue = content.slice(10, 210).trim();
      return;
    }
    if (TRACE_START.test(content)) {
      if (stream.task && stream.task.frames.length > 0) stream.ended = true;
      const first = parseFrameLine(content.replace(TRACE_START, '').trim());
      if (first) this.#frames(stream, first, number, 0);
      return;
    }
    if (content === '</TASK>') {
      stream.ended = true;
      return;
    }
    if (ASIDE_OPEN.test(content)) stream.aside = true;
    if (ASIDE_CLOSE.test(content)) stream.aside = false;
    const cpu = parseCpuLine(content);
    if (cpu) {
      stream.cpu = true;
      stream.heading = cpu;
      stream.ended = true;
      return;
    }
    if (OTHER_CPU.test(content)) {
      stream.cpu = content.includes('NMI');
      delete stream.heading;
      stream.ended = true;
      return;
    }
    this.#unheaded(stream, content, number);
  }

  /** Text around stacks which the kernel did not head itself: prompts, headings, `ps`, prose. */
  #unheaded(stream: Stream, content: string, number: number): void {
    const module = /^\[([\w-]{1,60})\]$/.exec(content);
    if (module && stream.task && !stream.ended) {
      const last = stream.task.frames.at(-1);
      // A module name that was wrapped away from its frame.
      if (last && last.module === undefined) {
        stream.task.frames[stream.task.frames.length - 1] = { ...last, module: module[1]! };
      }
      return;
    }
    if (content === '' && stream.task && !stream.headed) {
      const last = stream.task.frames.at(-1);
      if (last && mayEndHere(last.name)) stream.ended = true;
      return;
    }
    const questionable = content === '?' || content.endsWith('>] ?');
    if (questionable || FILLER.test(content)) {
      stream.leftover = questionable;
      return;
    }
    const ps = parsePsLine(content);
    if (ps) {
      this.#ps.set(ps.pid, ps);
      if (!stream.headed) stream.ended = true;
      return;
    }
    const heading = parseHeading(content);
    if (heading && (heading.certain || !stream.headed || stream.ended)) {
      const first = heading.rest === '' ? undefined : parseFrameLine(heading.rest);
      const current = stream.task;
      const same = heading.header.pid !== undefined && current?.pid === heading.header.pid;
      // `grep . /proc/*/stack` puts the file's name before each frame.
      if (!(first && same && !stream.headed)) {
        if (heading.certain) stream.headed = false;
        stream.heading = heading.header;
        stream.cpu = false;
        stream.ended = true;
      }
      if (first) this.#frames(stream, first, number, 0);
      return;
    }
    if (!stream.headed) stream.ended = true;
  }

  #begin(stream: Stream, task: LoggedTask): void {
    stream.task = task;
    stream.columns = [];
    stream.headed = true;
    stream.ended = false;
    stream.aside = false;
    stream.cpu = false;
    delete stream.heading;
    this.#tasks.push(task);
    if (task.pid !== undefined) this.#latest.set(task.pid, task);
  }

  #beginUnheaded(stream: Stream, number: number): LoggedTask {
    const heading = stream.heading ?? {};
    delete stream.heading;
    const task = taskOf(heading, number);
    const ps = task.pid === undefined ? undefined : this.#ps.get(task.pid);
    if (ps) addHeader(task, ps);
    stream.task = task;
    stream.columns = [];
    stream.headed = false;
    stream.ended = false;
    if (stream.cpu) {
      task.state ??= 'R';
      this.#cpuTasks.push(task);
    } else this.#tasks.push(task);
    return task;
  }

  #frames(stream: Stream, line: FrameLine, number: number, indent: number): void {
    if (stream.aside) return;
    const first = line.frames[0]!;
    let task = stream.task;
    if (task && !stream.headed && !stream.ended) {
      const last = task.frames.at(-1);
      if (last && isEndFrame(last.name) && !isEndFrame(first.name)) stream.ended = true;
    }
    if (!task || stream.ended) {
      // After a complete headed stack only a new header, or a trace that a CPU prints, brings another one.
      task = this.#beginUnheaded(stream, number);
    }
    if (stream.leftover) {
      stream.leftover = false;
      push(task, { ...first, uncertain: true });
      return;
    }
    if (!line.columns) {
      // The left column is the shorter one: its cells are empty now.
      const column =
        line.frames.length === 1 ? stream.columns.find(({ start }) => start === indent) : undefined;
      for (const frame of line.frames) push(column?.task ?? task, frame);
      return;
    }
    push(task, first);
    for (const [index, frame] of line.frames.slice(1).entries()) {
      let column = stream.columns[index];
      if (!column) {
        column = { start: indent + (line.starts[index + 1] ?? 0), task: taskOf({}, number) };
        stream.columns.push(column);
        this.#tasks.push(column.task);
      }
      push(column.task, frame);
    }
  }
}

/** Mailers wrap at blanks; quoted-printable text is cut anywhere, with `=` at the cut. */
function join(begin: string, rest: string): string {
  return begin.endsWith('=') ? `${begin.slice(0, -1)}${rest}` : `${begin} ${rest}`;
}

/**
 * A log that begins in the middle of a trace: the kernel heads each, and begins all with the scheduler's frames. What the
 * task slept in is not in the text.
 */
function isCutOff([first, ...others]: readonly LoggedTask[]): boolean {
  if (!first || first.pid !== undefined || first.comm !== undefined) return false;
  const [top] = first.frames;
  const begun =
    top === undefined || top.raw.startsWith('[<0>]') || /^_*(?:schedule|switch_to)/.test(top.name);
  return !begun && others.some((task) => task.reported);
}

/** The outer end of a stack whose begin was cut off. */
function isRemnant(task: LoggedTask): boolean {
  return task.comm === undefined && task.frames.every(({ name }) => isEntryFrame(name));
}

function push(task: LoggedTask, frame: Frame): void {
  if (task.frames.length < MAX_FRAMES) task.frames.push(frame);
}

/** khungtaskd reports a task again each interval, and sysrq-w shows it once more: one task, as long as it has not moved. */
function merge(tasks: readonly LoggedTask[]): LoggedTask[] {
  const known = new Map<string, LoggedTask>();
  const merged: LoggedTask[] = [];
  for (const task of tasks) {
    if (task.pid === undefined) {
      merged.push(task);
      continue;
    }
    const sure = task.frames.filter((frame) => !frame.uncertain).slice(0, 12);
    const key = `${task.pid} ${task.comm ?? ''} ${sure.map((frame) => frame.name).join('<')}`;
    const earlier = known.get(key);
    if (!earlier) {
      known.set(key, task);
      merged.push(task);
      continue;
    }
    earlier.times++;
    earlier.reported ||= task.reported;
    if (task.ioWait) earlier.ioWait = true;
    if (task.seconds !== undefined) earlier.seconds = Math.max(earlier.seconds ?? 0, task.seconds);
    if (task.blocker) earlier.blocker = task.blocker;
    if (task.lock !== undefined) earlier.lock = task.lock;
    if (task.state !== undefined) earlier.state = task.state;
    if (task.workqueue !== undefined) earlier.workqueue ??= task.workqueue;
  }
  return merged;
}

/** A report that was printed twice before its stack came (logs are, when two consoles go into one file): one task. */
function withStacks(tasks: readonly LoggedTask[]): LoggedTask[] {
  const shown = new Map(tasks.filter(({ frames }) => frames.length > 0).map((task) => [task.pid, task]));
  return tasks.filter((task) => {
    const full = task.frames.length > 0 || task.blocker ? undefined : shown.get(task.pid);
    if (!full || task.pid === undefined || full.comm !== task.comm) return true;
    full.reported ||= task.reported;
    if (task.seconds !== undefined) full.seconds = Math.max(full.seconds ?? 0, task.seconds);
    return false;
  });
}
