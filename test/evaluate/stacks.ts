/**
 * Scores the interpretation of kernel stacks against a folder of labelled texts:
 *
 *     npx tsx test/evaluate/stacks.ts FOLDER [--half odd|even] [--verbose]
 *
 * FOLDER holds `index.json` (one label a file: expect, also_ok, benign, comm) or `labels.json` (the tasks of each file:
 * subsystem, also_ok, benign, blocker). Exit code 1 below 95 %, or when a healthy sleep was called blocked.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StackTask } from '../../src/diagnosis/stack-types.ts';
import { interpretStacks } from '../../src/diagnosis/stacks.ts';

const PASS = 0.95;

interface FileLabel {
  readonly file: string;
  readonly comm?: string;
  readonly expect: string;
  readonly also_ok?: readonly string[];
  readonly benign?: boolean | null;
}

interface TaskLabel {
  readonly pid: number;
  readonly comm: string;
  readonly state?: string;
  readonly subsystem: string | null;
  readonly also_ok?: readonly string[];
  readonly benign: boolean | null;
  readonly blocker?: { readonly pid: number; readonly comm: string; readonly lock: string };
  readonly reported?: boolean;
}

/** One judged label. */
interface Judged {
  readonly what: string;
  readonly misses: string[];
  /** A healthy sleep called blocked, or the reverse: never allowed. */
  readonly wrongVerdict: boolean;
}

const [folder, ...flags] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('usage: npx tsx test/evaluate/stacks.ts FOLDER [--half odd|even] [--verbose]\n');
  process.exit(2);
}
const half = flags[flags.indexOf('--half') + 1];
const wanted = (index: number): boolean =>
  !flags.includes('--half') || (half === 'odd' ? index % 2 === 1 : index % 2 === 0);

const judged = existsSync(join(folder, 'labels.json')) ? judgeTasks(folder) : judgeFiles(folder);
for (const { what, misses } of judged) {
  if (misses.length > 0) process.stdout.write(`MISS ${what}: ${misses.join('; ')}\n`);
  else if (flags.includes('--verbose')) process.stdout.write(`ok   ${what}\n`);
}
const right = judged.filter(({ misses }) => misses.length === 0).length;
const wrong = judged.filter(({ wrongVerdict }) => wrongVerdict).length;
const score = judged.length === 0 ? 0 : right / judged.length;
process.stdout.write(
  `${right} of ${judged.length} right (${(score * 100).toFixed(1)} %), ${wrong} verdicts wrong (healthy called blocked or the reverse)\n`,
);
process.exitCode = score >= PASS && wrong === 0 ? 0 : 1;

function tasksOf(path: string): readonly StackTask[] {
  const result = interpretStacks(readFileSync(path, 'latin1'));
  return 'error' in result ? [] : result.tasks;
}

function subsystemMiss(task: StackTask, expected: string, alsoOk: readonly string[]): string[] {
  if (task.subsystem === expected || alsoOk.includes(task.subsystem)) return [];
  return [
    `${task.subsystem} ("${task.waitsFor}" by ${task.frame ?? '-'}), expected ${[expected, ...alsoOk].join('|')}`,
  ];
}

function judgeFiles(directory: string): Judged[] {
  const labels = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as FileLabel[];
  return labels.flatMap((label, index) => {
    if (!wanted(index)) return [];
    const tasks = tasksOf(join(directory, label.file));
    // A file has one label: it speaks of the task that it names, else of the first stack.
    const task = tasks.find(({ comm }) => label.comm !== '' && comm === label.comm) ?? tasks[0];
    if (!task) return [{ what: label.file, misses: ['no stack found'], wrongVerdict: false }];
    const misses = subsystemMiss(task, label.expect, label.also_ok ?? []);
    const wrongVerdict = typeof label.benign === 'boolean' && task.benign === !label.benign;
    if (wrongVerdict) misses.push(`benign ${task.benign}, expected ${label.benign}`);
    return [{ what: label.file, misses, wrongVerdict }];
  });
}

function judgeTasks(directory: string): Judged[] {
  const files = JSON.parse(readFileSync(join(directory, 'labels.json'), 'utf8')) as Record<
    string,
    { tasks: TaskLabel[] }
  >;
  return Object.entries(files).flatMap(([file, { tasks: labels }], index) => {
    if (!wanted(index)) return [];
    const tasks = tasksOf(join(directory, file));
    const labelled = new Set(labels.map(({ pid }) => pid));
    const invented = tasks.filter(({ pid }) => pid === null || !labelled.has(pid));
    return [
      ...labels.map((label) => judgeTask(file, label, tasks)),
      ...invented.map(({ pid, comm }) => ({
        what: `${file} ${comm}:${pid}`,
        misses: ['no such task in the text'],
        wrongVerdict: false,
      })),
    ];
  });
}

function judgeTask(file: string, label: TaskLabel, tasks: readonly StackTask[]): Judged {
  const what = `${file} ${label.comm}:${label.pid}`;
  const task = tasks.find(({ pid }) => pid === label.pid);
  if (!task) return { what, misses: ['task not found'], wrongVerdict: false };
  const misses = label.subsystem === null ? [] : subsystemMiss(task, label.subsystem, label.also_ok ?? []);
  if (task.comm !== label.comm) misses.push(`comm ${task.comm}`);
  if (label.state !== undefined && task.state !== label.state)
    misses.push(`state ${task.state}, expected ${label.state}`);
  if (label.reported !== undefined && (task.reported ?? false) !== label.reported) {
    misses.push(`reported ${task.reported ?? false}, expected ${label.reported}`);
  }
  const wrongVerdict = label.benign !== null && task.benign === !label.benign;
  if (label.benign !== null && task.benign !== label.benign) {
    misses.push(`benign ${task.benign}, expected ${label.benign}`);
  }
  const { blocker } = task;
  if (label.blocker) {
    const same =
      blocker?.pid === label.blocker.pid &&
      blocker.comm === label.blocker.comm &&
      blocker.lock === label.blocker.lock;
    if (!same) misses.push(`blocker ${JSON.stringify(blocker)}, expected ${JSON.stringify(label.blocker)}`);
  } else if (blocker) misses.push(`blocker ${JSON.stringify(blocker)}, expected none`);
  return { what, misses, wrongVerdict };
}
