/** strace and perf of one of Debian's suites, or those that are installed. */
export interface Tracers {
  readonly name: string;
  /** A directory for PATH; undefined: those that are there. */
  readonly bin?: string;
}

/** What is traced: a command that procdiag starts, or one that it attaches to. */
export interface TraceCase {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Attach when it has printed a line, and end after so many seconds; else procdiag starts it, and it ends by itself. */
  readonly attachSeconds?: number;
  readonly flags: readonly string[];
  /** With each pair of tools; else with the first only. */
  readonly withAll?: true;
}

export interface TraceJob {
  readonly tracers: readonly Tracers[];
  readonly cases: readonly TraceCase[];
}

/** A line of `traces.jsonl`: what became of one case with one pair of tools. */
export interface TraceLine {
  readonly name: string;
  readonly tracers: string;
  readonly exitCode: number | null;
  readonly seconds: number;
  /** What procdiag said on stderr, progress apart. */
  readonly said: string;
  /** Tasks of the tree that were traced or stopped afterwards, and recorders that ran on: `PID STATE COMMAND`. */
  readonly left: readonly string[];
}

export const PROGRAMS = '/tmp/procdiag-lab-0';

/** Some processes an iteration: executed ones, a pipeline's, a subshell's; not without pause, on an emulated machine. */
const SHELL = 'echo ready; while :; do /bin/true; echo x | cat >/dev/null; (exit 3); sleep 0.2; done';
const SHORT_SHELL =
  'for i in 1 2 3; do echo "$i" | cat; done; (sleep 0.05; exit 3) & wait; exec cat /etc/passwd';

export const CASES: readonly TraceCase[] = [
  {
    name: 'truth',
    command: [`${PROGRAMS}/truth`, '/tmp/truth.log', '4', '40'],
    flags: ['--strace', '--perf'],
    withAll: true,
  },
  {
    name: 'threads',
    command: [`${PROGRAMS}/traced`, 'threads', '/tmp/count', '4'],
    attachSeconds: 2,
    flags: ['--strace', '--perf'],
  },
  { name: 'forks', command: ['sh', '-c', SHELL], attachSeconds: 2, flags: ['--strace', '--perf'] },
  { name: 'shell', command: ['sh', '-c', SHORT_SHELL], flags: ['--strace', '--perf'] },
  { name: 'plain', command: ['sh', '-c', SHORT_SHELL], flags: [] },
  { name: 'strace-alone', command: ['sh', '-c', SHORT_SHELL], flags: ['--strace'] },
];

/** What is to be done, in that order: all cases with the first tools, and some with the others. */
export function pairs({
  tracers,
  cases,
}: TraceJob): { readonly one: TraceCase; readonly tracers: Tracers }[] {
  return tracers.flatMap((each, nth) =>
    cases.filter((one) => nth === 0 || one.withAll).map((one) => ({ one, tracers: each })),
  );
}
