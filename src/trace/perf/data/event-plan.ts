import { PERF } from '../batch.ts';
import type { FormatField, TracepointFormat } from '../format.ts';
import type { RecordLayout } from './layout.ts';

/** How the samples of one event become rows. Fields are those of the raw data of a tracepoint. */
export interface EventPlan {
  readonly name: string;
  readonly kind: number;
  readonly layout: RecordLayout;
  readonly a?: FormatField;
  readonly b?: FormatField;
  readonly text?: FormatField;
  /** For calls: an array of six (raw_syscalls) or one field each (syscalls:sys_enter_NAME). */
  readonly args: readonly FormatField[];
  /** For samples that are no tracepoint of ours: the number of their name. */
  readonly nameId: number;
}

/** Columns of the tracepoints that have a row kind of their own, by the names of their fields. */
const KNOWN: Readonly<
  Record<string, { kind: number; a?: string; b?: string; text?: string; args?: string }>
> = {
  'raw_syscalls:sys_enter': { kind: PERF.enter, a: 'id', args: 'args' },
  'raw_syscalls:sys_exit': { kind: PERF.exit, a: 'id', b: 'ret' },
  'sched:sched_switch': { kind: PERF.switch, a: 'prev_state', b: 'next_pid', text: 'prev_comm' },
  'sched:sched_waking': { kind: PERF.waking, a: 'pid', b: 'target_cpu', text: 'comm' },
  'sched:sched_wakeup_new': { kind: PERF.wakeupNew, a: 'pid', text: 'comm' },
  'sched:sched_process_fork': {
    kind: PERF.schedFork,
    a: 'parent_pid',
    b: 'child_pid',
    text: 'child_comm',
  },
  'sched:sched_process_exec': { kind: PERF.schedExec, a: 'pid', b: 'old_pid', text: 'filename' },
  'sched:sched_process_exit': { kind: PERF.schedExit, a: 'pid', b: 'group_dead', text: 'comm' },
  'sched:sched_process_wait': { kind: PERF.schedWait, a: 'pid' },
};

export function planEvent(
  name: string,
  layout: RecordLayout,
  format: TracepointFormat | undefined,
  nameId: number,
): EventPlan {
  const sample: EventPlan = { name, kind: PERF.sample, layout, args: [], nameId };
  if (!format || !layout.hasRaw) return sample;
  const field = (wanted: string | undefined): FormatField | undefined =>
    format.fields.find((one) => one.name === wanted);
  const known = KNOWN[`${format.system}:${format.name}`];
  if (known) {
    const { kind, a, b, text, args } = known;
    const argField = field(args);
    return {
      ...sample,
      kind,
      a: field(a),
      b: field(b),
      text: field(text),
      args: argField ? [argField] : [],
    };
  }
  if (format.system !== 'syscalls') return sample;
  // `nr` on old kernels; renamed so that it cannot clash with an argument of a call.
  const number = field('__syscall_nr') ?? field('nr');
  if (format.name.startsWith('sys_enter_')) {
    // Newer kernels copy strings into the record behind the arguments.
    const args = format.fields.filter((one) => one !== number && one.location === 'here');
    return { ...sample, kind: PERF.enter, a: number, args };
  }
  if (format.name.startsWith('sys_exit_')) return { ...sample, kind: PERF.exit, a: number, b: field('ret') };
  return sample;
}
