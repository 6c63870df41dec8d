import type { StackGroup, StackReport, StackTask } from '../../diagnosis/stack-types.ts';
import type { Screen } from '../../term/screen.ts';
import {
  clipRow,
  glued,
  heading,
  indent,
  own,
  paragraph,
  type Row,
  type Span,
  space,
  span,
  toText,
  wrap,
} from './layout.ts';
import { type Palette, palette, type Style } from './palette.ts';
import { stackChainRows } from './stack-chain.ts';
import { nameOf } from './stack-names.ts';
import { stackTaskRows } from './stack-task.ts';

/** Groups shown in full, and tasks of each; the rest is counted. A sysrq-t dump has hundreds. */
const MOST_GROUPS = 30;
const MOST_TASKS = 12;
const MOST_HEALTHY_TASKS = 4;

/** The kernel stacks of a text as a report for people: verdict, then the tasks by what they wait for, then owners. */
export function renderStackReport(report: StackReport, options: Screen): string {
  const colours = palette(options.colour, options.unicode);
  const width = Math.max(20, options.width);
  return toText(stackReportRows(report, width, colours), colours);
}

function stackReportRows(report: StackReport, width: number, colours: Palette): Row[] {
  const rows = [...verdictRows(report, width, colours)];
  const chains = stackChainRows(report.tasks, width, colours);
  if (chains.length > 0) rows.push([], clipRow(heading('who holds what', width, colours), width), ...chains);
  rows.push([], clipRow(heading('what they wait for', width, colours), width));
  const tasks = membersOf(report);
  for (const [at, group] of report.groups.slice(0, MOST_GROUPS).entries()) {
    if (at > 0) rows.push([]);
    rows.push(...groupRows(group, tasks.get(group) ?? [], width, colours));
  }
  const more = report.groups.length - MOST_GROUPS;
  if (more > 0) rows.push([], ...paragraph([own(`${more} more groups: --json`, 'quiet')], width, 0));
  return rows;
}

/** `✖ 3 of 5 tasks are blocked. Look first at pipe-writer:9616, …`. */
function verdictRows(report: StackReport, width: number, colours: Palette): Row[] {
  const { tasks } = report;
  const blocked = tasks.filter(({ benign }) => benign === false);
  const unknown = tasks.filter(({ benign }) => benign === null);
  const cycle = tasks.find((task) => task.cycle);
  const [glyph, style, words] = verdictOf(blocked.length, unknown.length, tasks.length, colours);
  const spans: Span[] = [own(words, style)];
  const top = report.groups.find(({ benign, root }) => root || benign === false);
  const first = top?.tasks[0];
  if (cycle) spans.push(own(' A deadlock: its tasks wait for each other.', 'alarm'));
  else if (top && first && tasks.length > 1) {
    spans.push(
      own(' Look first at '),
      glued(nameOf(first), 'name'),
      own(': waits for '),
      span(`${top.waitsFor}.`),
    );
  } else if (first && tasks.length === 1) {
    spans.push(own(' Waits for '), span(`${tasks[0]!.waitsFor}.`));
  }
  return indent(wrap(spans, { first: width - 2 }), [own(`${glyph} `, style)]);
}

function verdictOf(
  blocked: number,
  unknown: number,
  all: number,
  { glyphs }: Palette,
): [glyph: string, style: Style, words: string] {
  if (blocked > 0) {
    const words =
      all === 1
        ? 'The task is blocked.'
        : `${blocked} of ${all} tasks ${blocked === 1 ? 'is' : 'are'} blocked.`;
    return [glyphs.alarm, 'alarm', words];
  }
  if (unknown > 0) {
    const words =
      all === 1
        ? 'Not known to be blocked: its stack alone cannot tell.'
        : `No task is known to be blocked; ${unknown === all ? 'the stacks' : `the stacks of ${unknown} of ${all}`} alone cannot tell.`;
    return [glyphs.doubt, 'doubt', words];
  }
  return [glyphs.good, 'good', all === 1 ? 'A healthy sleep.' : `All ${all} tasks sleep healthily.`];
}

function groupRows(group: StackGroup, tasks: readonly StackTask[], width: number, colours: Palette): Row[] {
  const [glyph, style] = markOf(group, colours);
  const one = group.tasks.length === 1;
  const count = `${group.tasks.length} ${one ? 'task' : 'tasks'}`;
  const healthy = group.benign === true ? ` ${one ? 'is' : 'are'} healthy:` : '';
  const title: Span[] = [
    own(count, 'name'),
    own(`${healthy} ${one ? 'waits' : 'wait'} for `),
    span(group.waitsFor, 'name'),
    own(' '),
    glued(`[${group.subsystem}]`, 'code'),
    ...(group.root ? [own(' '), own('others wait for it', 'alarm')] : []),
  ];
  const most = group.benign === true ? MOST_HEALTHY_TASKS : MOST_TASKS;
  const rows: Row[] = [
    ...indent(wrap(title, { first: width - 2 }), [own(`${glyph} `, style)]),
    ...tasks.slice(0, most).flatMap((task) => stackTaskRows(task, width, colours)),
  ];
  const more = tasks.length - most;
  if (more > 0) rows.push([space(4), own(`${colours.glyphs.more} ${more} more: --json`, 'quiet')]);
  return rows;
}

function markOf(group: StackGroup, { glyphs }: Palette): [string, Style] {
  if (group.benign === false || group.root) return [glyphs.alarm, 'alarm'];
  return group.benign === null ? [glyphs.doubt, 'doubt'] : [glyphs.good, 'good'];
}

/** The tasks of each group; a group names them by pid and name only, in the order of the tasks. */
function membersOf(report: StackReport): Map<StackGroup, StackTask[]> {
  const waiting = new Map<string, StackTask[]>();
  const key = ({ pid, comm }: { pid: number | null; comm: string | null }): string => `${pid} ${comm}`;
  for (const task of report.tasks) {
    const same = waiting.get(key(task));
    if (same) same.push(task);
    else waiting.set(key(task), [task]);
  }
  const members = new Map<StackGroup, StackTask[]>();
  for (const group of report.groups) {
    const found = group.tasks.flatMap((member) => {
      const candidates = waiting.get(key(member)) ?? [];
      const at = candidates.findIndex((task) => belongs(task, group));
      return at < 0 ? [] : candidates.splice(at, 1);
    });
    members.set(group, found);
  }
  return members;
}

function belongs(task: StackTask, group: StackGroup): boolean {
  return group.owner
    ? task.blocker?.pid === group.owner.pid
    : !task.blocker && task.waitsFor === group.waitsFor && task.benign === group.benign;
}
