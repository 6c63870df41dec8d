import type { Check, CheckState, DoctorReport } from '../../diagnosis/host-checks/check.ts';
import { indent, paragraph, prose, type Row, type Span, space, span, toText, wrap } from './layout.ts';
import { palette as makePalette, type Palette, type Style } from './palette.ts';

const NARROWEST = 40;
const STYLES: Readonly<Record<CheckState, Style>> = { ok: 'good', limited: 'caution', missing: 'alarm' };

/** The summary first, then every check with what it costs and what mends it. */
export function renderDoctor(
  report: DoctorReport,
  options: { readonly width: number; readonly colour: boolean; readonly unicode: boolean },
): string {
  const width = Math.max(NARROWEST, options.width);
  const palette = makePalette(options.colour, options.unicode);
  const column = Math.max(...report.checks.map(({ id }) => id.length)) + 2;
  return toText(
    [
      ...wrap(summary(report), { first: width }),
      [],
      ...report.checks.flatMap((check) => checkRows(check, column, width, palette)),
    ],
    palette,
  );
}

function summary(report: DoctorReport): Span[] {
  const missing = report.checks.filter(({ state }) => state === 'missing').length;
  const limited = report.checks.filter(({ state }) => state === 'limited').length;
  if (missing > 0) {
    return [
      span(
        `Diagnoses here are partial: ${missing} essential ${missing === 1 ? 'thing' : 'things'} missing.`,
        'alarm',
      ),
    ];
  }
  const rest = limited === 0 ? '' : ` ${limited} ${limited === 1 ? 'thing' : 'things'} could be better.`;
  return [span('Everything essential can be seen.', 'good'), span(rest)];
}

function checkRows(check: Check, column: number, width: number, palette: Palette): Row[] {
  const { alarm, caution, good } = palette.glyphs;
  const glyph = { ok: good, limited: caution, missing: alarm }[check.state];
  const style = STYLES[check.state];
  const lead: Row = [span(glyph, style), space(1), span(check.id, 'name'), space(column - check.id.length)];
  const margin = column + 2;
  const room = width - margin;
  const rows =
    room < 24
      ? [lead, ...paragraph(prose(check.found), width, 4)]
      : indent(wrap(prose(check.found), { first: room }), lead);
  const inset = room < 24 ? 4 : margin;
  if (check.cost !== undefined) {
    rows.push(...paragraph([span('costs: ', 'quiet'), ...prose(check.cost, 'quiet')], width, inset));
  }
  if (check.fix !== undefined) {
    // Never wrapped: it is there to be copied.
    rows.push([space(inset), span('fix: ', 'quiet'), span(check.fix, 'command')]);
  }
  return rows;
}
