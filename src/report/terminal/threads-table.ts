import type { Diagnosis } from '../../diagnosis/diagnosis.ts';
import { displayWidth } from '../../term/width.ts';
import { line } from '../text.ts';
import { duration } from './duration.ts';
import { type Cell, GAP, laidOut } from './grid.ts';
import type { Palette, Style } from './palette.ts';
import { type ThreadGroup, threadGroups } from './thread-groups.ts';

interface Column {
  readonly head: string;
  readonly most: number;
  readonly style: (group: ThreadGroup) => Style;
  readonly cell: (group: ThreadGroup) => string;
}

const COLUMNS: readonly Column[] = [
  { head: 'tid', most: 15, style: () => 'plain', cell: tid },
  {
    head: 'name',
    most: 18,
    style: () => 'name',
    cell: ({ threads }) => common(threads.map(({ comm }) => line(comm))),
  },
  { head: 'st', most: 3, style: () => 'plain', cell: ({ threads }) => line(threads[0].state).slice(0, 1) },
  { head: 'waits in', most: Number.POSITIVE_INFINITY, style: () => 'plain', cell: waits },
  { head: 'for', most: 11, style: () => 'plain', cell: since },
  { head: 'note', most: 20, style: noteStyle, cell: note },
];

/** No column that is shown gets less than this for its content. */
const LEAST = 8;

/** The table of `--threads`: widths are cut here, since the library would print wider than the terminal. */
export function threadsTable(diagnosis: Diagnosis, width: number, palette: Palette): string {
  const groups = threadGroups(diagnosis);
  if (groups.length === 0) return '';
  const cells = groups.map((group) => COLUMNS.map((column) => column.cell(group)));
  const widths = columnWidths(cells, width - GAP);
  const used = COLUMNS.map((_, at) => at).filter((at) => (widths[at] ?? 0) > 0);
  const head = used.map(
    (at): Cell => ({ text: COLUMNS[at]?.head ?? '', width: widths[at] ?? 0, style: 'quiet' }),
  );
  const body = groups.map((group, row) =>
    used.map(
      (at): Cell => ({
        text: cells[row]?.[at] ?? '',
        width: widths[at] ?? 0,
        style: COLUMNS[at]?.style(group) ?? 'plain',
      }),
    ),
  );
  return laidOut([head, ...body], palette);
}

/** Each column as wide as its content needs; the wait gives way first, then the name; columns with no content go. */
function columnWidths(cells: readonly (readonly string[])[], width: number): number[] {
  const widths = COLUMNS.map((column, at) => {
    const need = cells.reduce((most, row) => Math.max(most, displayWidth(row[at] ?? '')), 0);
    return need === 0 ? 0 : Math.min(column.most, Math.max(need, column.head.length));
  });
  const over = (): number => widths.reduce((sum, size) => sum + (size > 0 ? size + GAP : 0), -GAP) - width;
  for (const at of [3, 1, 5, 4, 0]) {
    widths[at] = Math.min(widths[at] ?? 0, Math.max(LEAST, (widths[at] ?? 0) - Math.max(0, over())));
  }
  // Narrower than that: whole columns are left out, the least telling first.
  for (const at of [4, 5, 1, 2]) if (over() > 0) widths[at] = 0;
  widths[3] = Math.max(0, (widths[3] ?? 0) - Math.max(0, over()));
  return widths;
}

function tid({ threads }: ThreadGroup): string {
  return threads.length === 1 ? `${threads[0].tid}` : `${threads.length} threads`;
}

/** The common start of the names: `worker-*`. */
function common(names: readonly string[]): string {
  const [first = ''] = names;
  let size = first.length;
  for (const name of names) {
    while (!name.startsWith(first.slice(0, size))) size -= 1;
  }
  return names.every((name) => name === first) ? first : `${first.slice(0, size)}*`;
}

function waits({ threads: [thread] }: ThreadGroup): string {
  return line(thread.waitPoint) || line(thread.syscall ?? '') || line(thread.wchan ?? '');
}

/** For a group the shortest of them: all have waited that long. */
function since({ threads }: ThreadGroup): string {
  const known = threads.flatMap(({ seconds }) => (seconds === undefined ? [] : [seconds]));
  return known.length === threads.length && known.length > 0
    ? duration(known.reduce((least, seconds) => Math.min(least, seconds)))
    : '';
}

function note({ threads, cause }: ThreadGroup): string {
  if (cause !== undefined) return line(cause);
  const { idle, moved } = threads[0];
  if (idle !== undefined) return line(idle);
  if (threads.every((thread) => thread.moved === false)) return 'not moved';
  return moved === true ? 'moves' : '';
}

function noteStyle({ threads, cause }: ThreadGroup): Style {
  if (cause !== undefined) return 'alarm';
  return threads[0].idle === undefined ? 'plain' : 'quiet';
}
