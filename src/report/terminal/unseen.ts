import type { HostFacts, Unseen } from '../../diagnosis/diagnosis.ts';
import { indent, moreRow, own, paragraph, prose, type Row, type Span, space, span, wrap } from './layout.ts';
import type { Palette } from './palette.ts';

const MOST = 3;

/** What could not be looked at, why, and how to get it. */
export function unseenRows(unseen: readonly Unseen[], width: number, palette: Palette): Row[] {
  const shown = unseen.length > MOST ? unseen.slice(0, MOST - 1) : unseen;
  const rows = shown.flatMap((entry) => paragraph(sentence(entry, palette), width, 2, 3));
  return [...rows, ...moreRow(unseen.length - shown.length, width, palette)];
}

function sentence({ what, why, remedy }: Unseen, palette: Palette): Span[] {
  const arrow = palette.unicode ? ' → ' : ' -> ';
  return [
    ...prose(what, 'name'),
    ...(why === '' ? [] : [own(': '), ...prose(why)]),
    ...(remedy === '' ? [] : [own(arrow, 'quiet'), ...prose(remedy, 'command')]),
  ];
}

/** Processes elsewhere on the host that make its tools hang: they concern whoever works there now. */
export function hazardRows(host: HostFacts, width: number, palette: Palette): Row[] {
  return [...new Set(host.hazards.map(({ what }) => what))].flatMap((what) => {
    const alike = host.hazards.filter((hazard) => hazard.what === what);
    const names = alike
      .slice(0, MOST)
      .map(({ pid, comm }) => `${pid} ${comm}`)
      .join(', ');
    const more = alike.length > MOST ? ` and ${alike.length - MOST} more` : '';
    return indent(wrap([span(`${names}${more} `, 'name'), ...prose(what)], { first: width - 4, lines: 4 }), [
      space(2),
      own(palette.glyphs.caution, 'caution'),
      space(1),
    ]);
  });
}
