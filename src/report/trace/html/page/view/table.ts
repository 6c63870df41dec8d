import { countText, durationText, percentText, timeText } from '../format.ts';
import type { App } from './app.ts';
import { el } from './elements.ts';

export interface Column {
  readonly title: string;
  readonly kind: string;
}

/** What is costly to make is made when it is shown. */
export type TableCell = string | number | null | (() => Node);

export interface TableRow {
  readonly cells: readonly TableCell[];
  readonly act?: (() => void) | undefined;
}

/** Rows that a table shows at once: more are of no help, and slow. */
const MOST_SHOWN = 500;

/** A table that is sorted by a click on a column's title. Cells with a thread's number lead to its row. */
export function table(app: App, columns: readonly Column[], rows: readonly TableRow[]): HTMLElement {
  let sorted = rows;
  let by = -1;
  let downwards = true;
  const body = el('tbody');
  const heads = columns.map(({ title, kind }, at) => {
    const button = el('button', { onclick: () => sort(at) }, title);
    return el('th', { scope: 'col', class: isNumber(kind) ? 'number' : '' }, button);
  });
  const left = el('p', { class: 'muted' });
  const fill = () => {
    body.replaceChildren(...sorted.slice(0, MOST_SHOWN).map((row) => rowElement(app, columns, row)));
    left.textContent =
      sorted.length > MOST_SHOWN ? `${countText(sorted.length - MOST_SHOWN)} more rows are not shown.` : '';
    left.hidden = left.textContent === '';
  };
  const sort = (at: number) => {
    downwards = at === by ? !downwards : isNumber(columns[at]!.kind);
    by = at;
    sorted = [...rows].sort((a, b) => compared(a.cells[at], b.cells[at]) * (downwards ? -1 : 1));
    for (const [column, head] of heads.entries())
      if (column === at) head.setAttribute('aria-sort', downwards ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    fill();
  };
  fill();
  return el('div', { class: 'tabled' }, el('table', {}, el('thead', {}, el('tr', {}, ...heads)), body), left);
}

function rowElement(app: App, columns: readonly Column[], { cells, act }: TableRow): HTMLElement {
  const elements = columns.map(({ kind }, at) => {
    const value = cells[at] ?? null;
    if (typeof value === 'function') return el('td', {}, value());
    if (kind === 'tid' && typeof value === 'number')
      return el('td', { class: 'number' }, threadLink(app, value));
    return el('td', { class: isNumber(kind) ? 'number' : 'words' }, cellText(app, kind, value));
  });
  const row = el('tr', {}, ...elements);
  if (act !== undefined) {
    row.className = 'acts';
    row.tabIndex = 0;
    row.onclick = act;
    row.onkeydown = (event) => {
      if (event.key === 'Enter') act();
    };
  }
  return row;
}

function threadLink(app: App, tid: number): HTMLElement | string {
  const row = app.model.about.threads.findIndex((thread) => thread.tid === tid);
  if (row < 0) return String(tid);
  const lead = (event: Event) => {
    event.stopPropagation();
    app.selectAt(row, app.viewport.from);
  };
  return el(
    'button',
    { class: 'link', onclick: lead, title: app.model.about.threads[row]!.name },
    String(tid),
  );
}

function cellText(app: App, kind: string, value: string | number | null): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number' || (value === 0 && (kind === 'duration' || kind === 'count'))) return '–';
  if (kind === 'duration') return durationText(value);
  if (kind === 'time') return timeText(value, app.viewport.length);
  if (kind === 'ratio') return percentText(value);
  return kind === 'tid' ? String(value) : countText(value);
}

function isNumber(kind: string): boolean {
  return kind !== 'text';
}

function compared(a: TableCell | undefined, b: TableCell | undefined): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return plain(a).localeCompare(plain(b));
}

function plain(cell: TableCell | undefined): string {
  return typeof cell === 'function' ? '' : String(cell ?? '');
}
