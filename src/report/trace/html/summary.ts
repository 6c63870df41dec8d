import { clip, sanitize } from '../../../term/sanitize.ts';
import type { Cell, TraceSummary } from '../summary.ts';
import type { PageCell, PageSummary } from './page/data.ts';

/** More of a table is not shown. */
const MOST_ROWS = 5000;
const LONGEST_TEXT = 1000;

/** The summary as the page takes it: safe texts, and times from the begin of the page. */
export function pageSummary(summary: TraceSummary, fromNs: number): PageSummary {
  return {
    story: summary.story.map(safe),
    findings: summary.findings.map(({ severity, title, text, tid, atNs }) => ({
      severity,
      title: safe(title),
      text: safe(text),
      tid,
      at: atNs === undefined ? undefined : atNs - fromNs,
    })),
    facts: summary.facts.map(({ name, value }) => ({ name: safe(name), value: safe(value) })),
    tables: summary.tables.map(({ title, note, columns, rows }) => {
      const left = rows.length - MOST_ROWS;
      const more = left > 0 ? `${left} more rows are left out.` : undefined;
      return {
        title: safe(title),
        note: [note === undefined ? undefined : safe(note), more].filter(Boolean).join(' ') || undefined,
        columns: columns.map((column) => ({ title: safe(column.title), kind: column.kind })),
        rows: rows
          .slice(0, MOST_ROWS)
          .map((row) => row.map((cell, at) => pageCell(cell, columns[at]?.kind === 'time' ? fromNs : 0))),
      };
    }),
  };
}

function pageCell(cell: Cell, fromNs: number): PageCell {
  if (cell === undefined) return null;
  if (typeof cell === 'string') return safe(cell);
  return Number.isFinite(cell) ? cell - fromNs : null;
}

function safe(text: string): string {
  return clip(sanitize(text), LONGEST_TEXT);
}
