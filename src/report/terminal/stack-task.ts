import type { StackTask } from '../../diagnosis/stack-types.ts';
import { duration } from './duration.ts';
import { clipRow, glued, indent, itemised, own, type Row, type Span, space, span, wrap } from './layout.ts';
import type { Palette } from './palette.ts';
import { nameOf } from './stack-names.ts';

/** Functions shown of a stack: the wait and who called it. */
const MOST_FRAMES = 5;
/** What every sleeper's stack begins with, in logs. */
const SCHEDULER = /^(?:_*schedule\w*|io_schedule\w*|__switch_to\w*|preempt_schedule\w*)$/;

/** One task of a group: who, in which state, since when; below it, where in the kernel. */
export function stackTaskRows(task: StackTask, width: number, colours: Palette): Row[] {
  const facts: Row[] = [
    [glued(nameOf(task), 'name'), ...(task.state === null ? [] : [own(' '), own(task.state)])],
    ...(task.reported ? [[glued(task.ioWait ? 'in I/O wait' : 'reported'), ...since(task.seconds)]] : []),
    ...(task.mechanism === undefined ? [] : [[glued(`by ${task.mechanism}`)]]),
    ...(task.killable === undefined || task.benign === true
      ? []
      : [[glued(task.killable ? 'SIGKILL ends it' : 'SIGKILL cannot end it')]]),
    ...(task.times === undefined ? [] : [[glued(`seen ${task.times} times`, 'quiet')]]),
  ];
  const rows = itemised(facts, own(` ${colours.glyphs.dot} `, 'quiet'), width, 4);
  if (task.workqueue !== undefined) {
    rows.push(
      ...indent(wrap([own('works on ', 'quiet'), span(task.workqueue)], { first: width - 6 }), [space(6)]),
    );
  }
  if (task.benign !== true) rows.push(...stackRow(task, width));
  return rows;
}

function since(seconds: number | undefined): Span[] {
  return seconds === undefined ? [] : [own(', for at least '), glued(duration(seconds))];
}

function stackRow(task: StackTask, width: number): Row[] {
  const sure = task.frames.filter(({ uncertain }) => !uncertain);
  const frames = sure.length > 0 ? sure : task.frames;
  const start = Math.max(
    0,
    frames.findIndex(({ name }) => !SCHEDULER.test(name)),
  );
  const shown = frames.slice(start, start + MOST_FRAMES);
  if (shown.length === 0) return [];
  const pieces = shown.flatMap(({ name, uncertain }, at): Span[] => [
    ...(at > 0 ? [own(' < ', 'quiet')] : []),
    span(`${uncertain ? '? ' : ''}${name}`, name === task.frame ? 'code' : 'quiet'),
  ]);
  return [clipRow([space(6), ...pieces], width)];
}
