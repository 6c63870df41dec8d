import Table from 'cli-table3';
import { clip } from '../../term/sanitize.ts';
import { displayWidth } from '../../term/width.ts';
import type { Palette, Style } from './palette.ts';

/** Columns between two columns of a table, and before the first. */
export const GAP = 2;

/** One field of a table: clean text, cut or filled to its width. */
export interface Cell {
  readonly text: string;
  readonly width: number;
  readonly style: Style;
}

/**
 * A table without borders, as text. The library gets a block of as many letters as a cell has columns, and its blocks are then replaced by the cells: it
 * counts some characters (joined emoji, unassigned ones) otherwise than terminals do, and would shift the rest.
 */
export function laidOut(rows: readonly (readonly Cell[])[], palette: Palette): string {
  const table = new Table({
    chars: BORDERLESS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  for (const row of rows) table.push(row.map(({ width }) => BLOCK.repeat(width)));
  const cells = rows.flat();
  let next = 0;
  const text = table.toString().replace(/x+/g, () => {
    const cell = cells[next];
    next += 1;
    return cell === undefined ? '' : painted(cell, palette);
  });
  return text
    .split('\n')
    .map((row) => `${' '.repeat(GAP)}${row.trimEnd()}\n`)
    .join('');
}

const BLOCK = 'x';

function painted({ text, width, style }: Cell, palette: Palette): string {
  const clear = clip(text, width);
  const padding = ' '.repeat(Math.max(0, width - displayWidth(clear)));
  return (clear === '' ? '' : palette.paint(style, clear)) + padding;
}

const BORDERLESS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' '.repeat(GAP),
};

/** One column of `fitted`. */
export interface Column {
  readonly head: string;
  /** Clean text of each row. */
  readonly cells: readonly string[];
  readonly style?: Style;
  readonly right?: boolean;
  /**
   * Gives way when there is no room: the highest first; those without a number keep their width. What stands to the right are
   * figures, which say something else when they are cut: they stay whole, or go.
   */
  readonly yields?: number;
  /** Is not narrowed further. */
  readonly least?: number;
}

/** Less than this of a column's content tells nothing: it is left out. */
const LEAST = 6;

/** A table cut to a width: columns of text that yield are narrowed, then some left out, those with the highest number first. */
export function fitted(columns: readonly Column[], width: number, palette: Palette): string {
  const widths = columns.map(({ head, cells }) =>
    cells.every((cell) => cell === '') ? 0 : Math.max(...[head, ...cells].map(displayWidth)),
  );
  const over = (): number => widths.reduce((sum, size) => sum + (size > 0 ? size + GAP : 0), 0) - width;
  const yielding = columns
    .map(({ yields }, at) => ({ at, yields: yields ?? 0 }))
    .filter(({ yields }) => yields > 0)
    .sort((a, b) => b.yields - a.yields);
  for (const { at } of yielding) {
    const size = widths[at]!;
    const { right, least = LEAST } = columns[at]!;
    if (over() > 0 && size > 0 && right !== true) widths[at] = Math.max(Math.min(size, least), size - over());
  }
  for (const { at } of yielding) if (over() > 0) widths[at] = 0;
  const used = columns.map((column, at) => ({ column, at })).filter(({ at }) => widths[at]! > 0);
  const row = (textOf: (column: Column) => string, style?: Style): Cell[] =>
    used.map(({ column, at }) => {
      const text = clip(textOf(column), widths[at]!);
      const pad = column.right ? ' '.repeat(Math.max(0, widths[at]! - displayWidth(text))) : '';
      return { text: pad + text, width: widths[at]!, style: style ?? column.style ?? 'plain' };
    });
  const body = (columns[0]?.cells ?? []).map((_, nth) => row(({ cells }) => cells[nth] ?? ''));
  return laidOut([row(({ head }) => head, 'quiet'), ...body], palette);
}
