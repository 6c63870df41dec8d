import { decimal, fraction, keyed } from './text.ts';

/** /proc/PID/sched, kernel/sched/debug.c proc_sched_show_task(). */
export interface ProcSched {
  /** `se.exec_start`: the clock of the task's CPU (ms, without stolen time) when it last ran. */
  readonly execStartMs?: number;
  readonly sumExecRuntimeMs?: number;
  readonly nrSwitches?: number;
  readonly nrVoluntary?: number;
  readonly nrInvoluntary?: number;
}

/** Longer than any comm: the header line above it holds a raw comm, which may bring newlines and `nr_switches : 9`. */
const RULE = `\n${'-'.repeat(60)}`;

/** Undefined when the line that ends the header is not there. */
export function parseSched(text: string): ProcSched | undefined {
  const rule = text.indexOf(RULE);
  if (rule < 0) return undefined;
  const values = keyed(text.slice(rule + 1));
  return {
    execStartMs: fraction(values.get('se.exec_start')),
    sumExecRuntimeMs: fraction(values.get('se.sum_exec_runtime')),
    nrSwitches: decimal(values.get('nr_switches')),
    nrVoluntary: decimal(values.get('nr_voluntary_switches')),
    nrInvoluntary: decimal(values.get('nr_involuntary_switches')),
  };
}
