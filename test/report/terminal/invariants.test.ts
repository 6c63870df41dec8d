import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Diagnosis } from '../../../src/diagnosis/diagnosis.ts';
import { renderDiagnosis } from '../../../src/report/terminal/diagnosis.ts';
import { palette } from '../../../src/report/terminal/palette.ts';
import { line } from '../../../src/report/text.ts';
import { displayWidth } from '../../../src/term/width.ts';
import { anyDiagnosis } from '../arbitrary.ts';
import * as scenes from '../scenes.ts';

const options = fc.record({
  width: fc.constantFrom(20, 40, 60, 80, 120, 200),
  colour: fc.boolean(),
  unicode: fc.boolean(),
  threads: fc.boolean(),
});

/** Select Graphic Rendition with numbers only: the one kind of sequence that may be sent. */
const SGR = /\u001b\[\d+(;\d+)*m/g;

/** The lines that must not be broken: a command is there to be copied. */
function commands({ findings }: Diagnosis, unicode: boolean): Set<string> {
  const { paint } = palette(false, unicode);
  return new Set(
    findings.flatMap(({ remedies }) => remedies.map(({ command }) => bare(paint('plain', line(command))))),
  );
}

/** Without what stands before a command on its line, and the blanks around it. */
function bare(text: string): string {
  return text
    .replace(/\u00a0/g, ' ')
    .replace(/^\s*(\d\s{2})?/, '')
    .trim();
}

describe('whatever the strings hold', () => {
  it('no line is wider than the screen, and nothing but text and colours is sent', async () => {
    await fc.assert(
      fc.asyncProperty(anyDiagnosis, options, async (diagnosis, asked) => {
        const text = await renderDiagnosis(diagnosis, asked);
        const plain = text.replace(SGR, '');
        expect(text.endsWith('\n')).toBe(true);
        expect(plain).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/);
        if (!asked.colour) expect(text).toBe(plain);
        if (!asked.unicode) expect(plain).toMatch(/^[\n -~]*$/);
        const unbroken = commands(diagnosis, asked.unicode);
        const tooWide = plain
          .split('\n')
          .filter((row) => displayWidth(row) > asked.width && !unbroken.has(bare(row)));
        expect(tooWide).toEqual([]);
      }),
      { numRuns: 1500 },
    );
  });

  it('the report of a huge name stays short', async () => {
    const name = 'x\u001b[2J'.repeat(400_000);
    const base = scenes.vforkWait();
    const diagnosis: Diagnosis = {
      ...base,
      target: { ...base.target, comm: name, cmdline: [name] },
      verdict: { ...base.verdict, summary: name },
      findings: base.findings.map((finding) => ({ ...finding, title: name, summary: name, because: name })),
    };
    const text = await renderDiagnosis(diagnosis, { width: 80, colour: false, unicode: true, threads: true });
    expect(text.length).toBeLessThan(8000);
  });

  it('ten thousand threads and edges are drawn at once', async () => {
    const base = scenes.longChain(10_000);
    const threads = Array.from({ length: 10_000 }, (_, at) =>
      scenes.thread(at + 1, 'w', { waitPoint: 'poll(3)' }),
    );
    const text = await renderDiagnosis(
      { ...base, threads },
      { width: 80, colour: true, unicode: true, threads: true },
    );
    expect(text).toContain('9992 hops left out');
    expect(text).toContain('10000 threads');
  });
});

describe('commands', () => {
  it('stand whole on their own line, however long', async () => {
    const command = `nsenter -t 4711 -m -- umount -f ${'/very/long/path'.repeat(12)}`;
    const base = scenes.vforkWait();
    const findings = base.findings.map((finding) => ({
      ...finding,
      remedies: [{ command, effect: 'e', risk: 'r' }],
    }));
    const text = await renderDiagnosis(
      { ...base, findings },
      { width: 40, colour: false, unicode: true, threads: false },
    );
    expect(text.split('\n')).toContain(`  1  ${command}`);
  });
});
