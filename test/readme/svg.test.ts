import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderDiagnosis } from '../../src/report/terminal/diagnosis.ts';
import { hostileText } from '../report/arbitrary.ts';
import * as scenes from '../report/scenes.ts';
import { terminalSvg } from './svg.ts';

const OPTIONS = { title: 'procdiag inspect 4711', columns: 80 };

/** What stands against XML 1.0 in a document without CDATA, comments and DTD; undefined when it is well formed. */
function malformed(xml: string): string | undefined {
  // XML 1.0, production [2] Char, and what is discouraged there.
  if (/[^\t\n\r\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(xml))
    return 'forbidden character';
  const open: string[] = [];
  let at = 0;
  for (const match of xml.matchAll(/<(\/?)([a-zA-Z]+)((?:\s+[a-zA-Z:-]+="[^"<]*")*)\s*(\/?)>/g)) {
    if (badText(xml.slice(at, match.index)) || badText(match[3] ?? '')) return `text before ${match[0]}`;
    at = match.index + match[0].length;
    if (match[1] === '/' && open.pop() !== match[2]) return `</${match[2]}> out of place`;
    if (match[1] === '' && match[4] === '') open.push(match[2] ?? '');
  }
  return open.length > 0 || xml.slice(at).trim() !== '' ? 'does not end' : undefined;
}

function badText(text: string): boolean {
  return /[<>]|&(?!(amp|lt|gt|quot);)/.test(text);
}

describe('the picture of a terminal', () => {
  it('is well-formed XML with all of the text', async () => {
    const text = await renderDiagnosis(scenes.vforkWait(), {
      width: 80,
      colour: true,
      unicode: true,
      threads: false,
    });
    const svg = terminalSvg(text, OPTIONS);
    expect(malformed(svg)).toBeUndefined();
    expect(svg).toContain('>HUNG:</tspan>');
    expect(svg).toContain('kill -CONT 902');
    expect(svg).not.toContain('\u001b');
  });

  it('grows with the lines', () => {
    const height = (text: string) => Number(/ height="(\d+)"/.exec(terminalSvg(text, OPTIONS))?.[1]);
    expect(height('a\nb\n')).toBeGreaterThan(height('a\n'));
  });

  it('shows colours and weights', () => {
    const svg = terminalSvg(
      '\u001b[1m\u001b[31mred\u001b[39m\u001b[22m \u001b[2mdim\u001b[22m plain',
      OPTIONS,
    );
    expect(svg).toMatch(/<tspan [^>]*fill="#[0-9a-f]+" font-weight="bold">red</);
    expect(svg).toMatch(/<tspan [^>]*fill-opacity="[0-9.]+">dim</);
    expect(svg).toMatch(/<tspan x="[0-9.]+" textLength="[0-9.]+"> plain</);
  });

  it('is well formed whatever the text holds', () => {
    fc.assert(
      fc.property(hostileText, hostileText, (text, title) => {
        expect(malformed(terminalSvg(text, { title, columns: 40 }))).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  it('the check itself finds what is wrong', () => {
    expect(malformed('<a><b></a></b>')).toBeDefined();
    expect(malformed('<a>&nbsp;</a>')).toBeDefined();
    expect(malformed('<a>\u0001</a>')).toBeDefined();
    expect(malformed('<a b="<"/>')).toBeDefined();
    expect(malformed('<a')).toBeDefined();
  });
});
