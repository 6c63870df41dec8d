import fc from 'fast-check';
import { expect, it } from 'vitest';
import { palette } from '../../../src/report/terminal/palette.ts';
import { remedyRows } from '../../../src/report/terminal/remedies.ts';
import { anyDiagnosis } from '../arbitrary.ts';
import { ruleOf } from '../scenes.ts';

const KILL = '`kill -9` of the waiter: it stays pending.';
const OTHER = '`strace -p`: it needs SIGKILL itself.';

/** What is said not to help, of a finding whose page says so of KILL and OTHER. */
function useless(killable: boolean): string {
  const [diagnosis] = fc.sample(anyDiagnosis, { numRuns: 50, seed: 1 }).filter(({ findings }) => findings[0]);
  const finding = {
    ...diagnosis!.findings[0]!,
    remedies: [],
    rule: ruleOf('d-block-io', 'd-state', [KILL, OTHER]),
  };
  const rows = remedyRows(finding, { ...diagnosis!.verdict, killable }, 80, palette(false, true));
  const text = rows.map((row) => row.map((span) => span.text).join('')).join('\n');
  return text.replaceAll('\u00a0', ' ');
}

it('does not say that SIGKILL is in vain where it would end the wait', () => {
  expect(useless(false)).toContain('kill -9');
  expect(useless(true)).not.toContain('kill -9');
  expect(useless(true)).toContain('strace -p');
});
