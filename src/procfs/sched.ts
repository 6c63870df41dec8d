import { decimal, fraction } from './text.ts';

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
  const values = text.slice(rule);
  return {
    execStartMs: fraction(valueAt('se.exec_start', values)),
    sumExecRuntimeMs: fraction(valueAt('se.sum_exec_runtime', values)),
    nrSwitches: decimal(valueAt('nr_switches', values)),
    nrVoluntary: decimal(valueAt('nr_voluntary_switches', values)),
    nrInvoluntary: decimal(valueAt('nr_involuntary_switches', values)),
  };
}

/** Of the first line `key   :   value`. The file has fifty lines, and few of them are asked for. */
function valueAt(key: string, text: string): string | undefined {
  for (let at = text.indexOf(`\n${key}`); at >= 0; at = text.indexOf(`\n${key}`, at + 1)) {
    const behind = at + 1 + key.length;
    const colon = text.indexOf(':', behind);
    if (colon < 0) return undefined;
    if (text.slice(behind, colon).trim() !== '') continue;
    const end = text.indexOf('\n', colon);
    return text.slice(colon + 1, end < 0 ? text.length : end).trim();
  }
  return undefined;
}
