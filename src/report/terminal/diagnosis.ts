import type { Diagnosis } from '../../diagnosis/diagnosis.ts';
import { chainRows } from './chain.ts';
import { evidenceRows } from './evidence.ts';
import { furtherRows } from './further.ts';
import { heading, type Row, type Span, span, toText } from './layout.ts';
import { palette as makePalette, type Palette } from './palette.ts';
import { remedyRows } from './remedies.ts';
import { topFinding } from './top-finding.ts';
import { hazardRows, unseenRows } from './unseen.ts';
import { verdictRows } from './verdict.ts';

export interface RenderOptions {
  /** Columns of the terminal; fewer than 20 are taken as 20. */
  readonly width: number;
  readonly colour: boolean;
  /** May other than ASCII characters be printed? */
  readonly unicode: boolean;
  /** Add the table of threads. */
  readonly threads: boolean;
}

const NARROWEST = 20;

/** One process, one screen: the verdict, who is to blame, how we know, what to do, what could not be seen. */
export async function renderDiagnosis(diagnosis: Diagnosis, options: RenderOptions): Promise<string> {
  const width = Math.max(NARROWEST, Math.floor(options.width));
  const palette = makePalette(options.colour, options.unicode);
  const top = topFinding(diagnosis);
  // What holds for every service (no terminal) is for --json: here it would be noise.
  const others = diagnosis.findings.filter((finding) => finding !== top && (finding.weight ?? 0) >= 0);
  const threads = options.threads ? await threadRows(diagnosis, width, palette) : '';
  const before = [
    ...verdictRows(diagnosis, width, palette),
    ...(top === undefined
      ? []
      : [
          ...section('blame', chainRows(top, width, palette), width, palette),
          ...section('evidence', evidenceRows(top, width, palette), width, palette),
          ...section(
            'what to do',
            remedyRows(top, diagnosis.verdict, width, palette),
            width,
            palette,
            span(`procdiag explain ${top.rule.id}`, 'code'),
          ),
        ]),
    ...section('also found', furtherRows(others, top, width, palette), width, palette),
  ];
  const after = [
    ...section('not seen', unseenRows(diagnosis.unseen, width, palette), width, palette),
    ...section('on this host', hazardRows(diagnosis.host, width, palette), width, palette),
  ];
  const table = threads === '' ? '' : toText([heading('threads', width, palette)], palette) + threads;
  return toText(before, palette) + table + toText(after, palette);
}

function section(label: string, rows: readonly Row[], width: number, palette: Palette, right?: Span): Row[] {
  return rows.length === 0 ? [] : [heading(label, width, palette, right), ...rows];
}

/** cli-table3 costs start-up time: loaded only where a table is asked for. */
async function threadRows(diagnosis: Diagnosis, width: number, palette: Palette): Promise<string> {
  const { threadsTable } = await import('./threads-table.ts');
  return threadsTable(diagnosis, width, palette);
}
