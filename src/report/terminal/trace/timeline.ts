import { clip } from '../../../term/sanitize.ts';
import type { StripState } from '../../../trace/digest/strip.ts';
import { line } from '../../text.ts';
import { clipRow, own, type Row, rowWidth, type Span, space } from '../layout.ts';
import type { Palette, Style } from '../palette.ts';

/** What of one thread's time line is drawn. */
export interface StripLine {
  readonly tid: number;
  readonly comm: string;
  readonly columns: readonly (StripState | undefined)[];
}

interface Mark {
  readonly unicode: string;
  readonly ascii: string;
  readonly style: Style;
  readonly word: string;
}

const MARKS: Readonly<Record<StripState, Mark>> = {
  running: { unicode: '█', ascii: '#', style: 'good', word: 'on CPU' },
  runnable: { unicode: '▓', ascii: '+', style: 'caution', word: 'waits for a CPU' },
  blocked: { unicode: '░', ascii: '.', style: 'quiet', word: 'blocked' },
  stopped: { unicode: '◼', ascii: 'T', style: 'alarm', word: 'stopped' },
  'in-call': { unicode: '▪', ascii: '-', style: 'quiet', word: 'in calls, on CPU or waiting' },
  ptrace: { unicode: '▒', ascii: 't', style: 'doubt', word: 'held by strace' },
};

/** Columns before the strip, for number and name of the thread. */
export function stripLead(width: number): number {
  return Math.min(24, Math.max(14, Math.floor(width * 0.3)));
}

/** One line a thread: what it did most of the time in each column; then what the signs mean. */
export function stripRows(lines: readonly StripLine[], width: number, palette: Palette): Row[] {
  const margin = stripLead(width);
  const rows = lines.map((strip): Row => {
    const lead: Row = [space(2), own(clip(`${strip.tid} ${line(strip.comm)}`, margin - 3), 'name')];
    return [...lead, space(margin - rowWidth(lead)), ...drawn(strip.columns, palette)];
  });
  const used = new Set(lines.flatMap(({ columns }) => columns));
  const legend = (Object.keys(MARKS) as StripState[])
    .filter((state) => used.has(state))
    .map(
      (state): Row => [
        own(`${sign(state, palette)} `, MARKS[state].style),
        own(`${MARKS[state].word}  `, 'quiet'),
      ],
    );
  return [...rows, ...legendRows(legend, margin, width)];
}

/** As many of its entries in a line as fit; it stands under the strips where that leaves room for one. */
function legendRows(entries: readonly Row[], margin: number, width: number): Row[] {
  const widest = Math.max(0, ...entries.map(rowWidth));
  const left = margin + widest <= width ? margin : 2;
  const rows: Span[][] = [];
  for (const entry of entries) {
    const last = rows.at(-1);
    if (last !== undefined && rowWidth([...last, ...entry]) <= width) last.push(space(1), ...entry);
    else rows.push([space(left), ...entry]);
  }
  return rows.map((row) => clipRow(row, width));
}

function drawn(columns: readonly (StripState | undefined)[], palette: Palette): Span[] {
  return columns.map((state) =>
    state === undefined ? own(' ') : own(sign(state, palette), MARKS[state].style),
  );
}

function sign(state: StripState, palette: Palette): string {
  return palette.unicode ? MARKS[state].unicode : MARKS[state].ascii;
}
