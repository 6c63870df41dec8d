import { displayWidth } from '../../src/term/width.ts';
import { ansiLines, type StyledRun } from './ansi.ts';

export interface SvgOptions {
  /** Stands in the bar of the window. */
  readonly title: string;
  /** Width of the terminal; longer lines make it wider. */
  readonly columns: number;
}

const FONT = 14;
/** Advance of the monospace fonts named below, which all have one of 0.6 em. */
const CELL = FONT * 0.6;
const LINE = 19;
const PAD = 18;
const BAR = 34;

const BACKGROUND = '#16181d';
const TEXT = '#d7dae0';
const COLOURS = [
  '#5c6370',
  '#ff6b68',
  '#7fd88f',
  '#f2c55c',
  '#6cb2ff',
  '#d38aea',
  '#56c8d8',
  '#d7dae0',
  '#8a919e',
  '#ff8785',
  '#98e6a7',
  '#ffd97a',
  '#8cc4ff',
  '#e2a6f5',
  '#7bdbe8',
  '#ffffff',
] as const;

/** A picture of a terminal that shows `ansiText`, as an SVG document which needs no script and no font from elsewhere. */
export function terminalSvg(ansiText: string, options: SvgOptions): string {
  const lines = ansiLines(ansiText);
  const widest = lines.reduce((most, line) => Math.max(most, lineColumns(line)), options.columns);
  const width = Math.ceil(widest * CELL + 2 * PAD);
  const height = BAR + 2 * PAD + lines.length * LINE;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeXml(options.title)}">`,
    `<rect width="${width}" height="${height}" rx="9" fill="${BACKGROUND}"/>`,
    `<path d="M0 ${BAR}V9a9 9 0 0 1 9-9H${width - 9}a9 9 0 0 1 9 9V${BAR}z" fill="#e4e6ea"/>`,
    ...['#ff5f57', '#febc2e', '#28c840'].map(
      (colour, at) => `<circle cx="${20 + at * 19}" cy="${BAR / 2}" r="6" fill="${colour}"/>`,
    ),
    `<text x="${width / 2}" y="${BAR / 2 + 4.5}" text-anchor="middle" font-family="system-ui,-apple-system,'Segoe UI',sans-serif" font-size="13" fill="#4b5160">${escapeXml(options.title)}</text>`,
    `<g font-family="ui-monospace,SFMono-Regular,Menlo,'DejaVu Sans Mono','Liberation Mono',Consolas,monospace" font-size="${FONT}" fill="${TEXT}" xml:space="preserve">`,
    ...lines.flatMap((line, at) => lineText(line, BAR + PAD + at * LINE + FONT)),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function lineColumns(line: readonly StyledRun[]): number {
  return line.reduce((sum, run) => sum + displayWidth(run.text), 0);
}

/** Each run stands at its own column, so that a font of another width cannot push the rest of the line away. */
function lineText(line: readonly StyledRun[], y: number): string[] {
  let column = 0;
  const runs: string[] = [];
  for (const run of line) {
    const size = displayWidth(run.text);
    if (run.text.trim() !== '') {
      const x = round(PAD + column * CELL);
      runs.push(
        `<tspan x="${x}" textLength="${round(size * CELL)}"${look(run)}>${escapeXml(run.text)}</tspan>`,
      );
    }
    column += size;
  }
  return runs.length === 0 ? [] : [`<text y="${y}">${runs.join('')}</text>`];
}

function look(run: StyledRun): string {
  return [
    run.colour === undefined ? '' : ` fill="${COLOURS[run.colour] ?? TEXT}"`,
    run.bold ? ' font-weight="bold"' : '',
    run.dim ? ' fill-opacity="0.6"' : '',
    run.italic ? ' font-style="italic"' : '',
    run.underline ? ' text-decoration="underline"' : '',
  ].join('');
}

/** XML 1.0 forbids most control characters even as references: they become the replacement character. */
function escapeXml(text: string): string {
  return text
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function round(value: number): string {
  return value.toFixed(2).replace(/\.?0+$/, '');
}
