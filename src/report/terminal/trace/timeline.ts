import { clip } from '../../../term/sanitize.ts';
import type { ThreadState } from '../../../trace/event.ts';
import { line } from '../../text.ts';
import { own, type Row, rowWidth, type Span, space } from '../layout.ts';
import type { Palette, Style } from '../palette.ts';

/** What of one thread's time line is drawn. */
export interface StripLine {
  readonly tid: number;
  readonly comm: string;
  readonly columns: readonly (ThreadState | undefined)[];
}

interface Mark {
  readonly unicode: string;
  readonly ascii: string;
  readonly style: Style;
  readonly word: string;
}

const MARKS: Readonly<Record<ThreadState, Mark>> = {
  running: { unicode: '█', ascii: '#', style: 'good', word: 'on CPU' },
  runnable: { unicode: '▓', ascii: '+', style: 'caution', word: 'waits for a CPU' },
  blocked: { unicode: '░', ascii: '.', style: 'quiet', word: 'blocked' },
  stopped: { unicode: '◼', ascii: 'T', style: 'alarm', word: 'stopped' },
  ptrace: { unicode: '▒', ascii: 't', style: 'doubt', word: 'held by strace' },
};

/** Columns before the strip: number and name of the thread. */
export const STRIP_LEAD = 24;

/** One line a thread: what it did most of the time in each column; then what the signs mean. */
export function stripRows(lines: readonly StripLine[], palette: Palette): Row[] {
  const rows = lines.map((strip): Row => {
    const lead: Row = [space(2), own(clip(`${strip.tid} ${line(strip.comm)}`, STRIP_LEAD - 3), 'name')];
    return [...lead, space(STRIP_LEAD - rowWidth(lead)), ...drawn(strip.columns, palette)];
  });
  const used = new Set(lines.flatMap(({ columns }) => columns));
  const legend = (Object.keys(MARKS) as ThreadState[])
    .filter((state) => used.has(state))
    .flatMap((state): Span[] => [
      own(`${sign(state, palette)} `, MARKS[state].style),
      own(`${MARKS[state].word}   `, 'quiet'),
    ]);
  return legend.length === 0 ? rows : [...rows, [space(STRIP_LEAD), ...legend]];
}

function drawn(columns: readonly (ThreadState | undefined)[], palette: Palette): Span[] {
  return columns.map((state) =>
    state === undefined ? own(' ') : own(sign(state, palette), MARKS[state].style),
  );
}

function sign(state: ThreadState, palette: Palette): string {
  return palette.unicode ? MARKS[state].unicode : MARKS[state].ascii;
}
