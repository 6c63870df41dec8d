import { expect, test } from 'vitest';
import { conclusionOf } from '../../../src/report/trace/conclusion.ts';
import { summarised } from '../../trace/digest/summarised.ts';
import { told } from '../../trace/ledgers/told.ts';

test('output files say first what makes the answer one of a part, and say it once', () => {
  const summary = summarised(told('10 0 close(3) = 0'));
  const { facts } = conclusionOf({ ...summary, partial: ['it is cut'], notes: ['it is cut', 'no stacks'] });
  expect(facts[0]).toEqual({ name: 'partial', value: 'it is cut' });
  expect(facts.filter(({ value }) => value === 'it is cut')).toHaveLength(1);
  expect(facts.at(-1)).toEqual({ name: 'not seen', value: 'no stacks' });
  const refused = conclusionOf({ ...summary, missing: ['no strace'], notes: ['no strace'] }).facts;
  expect(refused.filter(({ value }) => value === 'no strace')).toEqual([
    { name: 'partial', value: 'no strace' },
  ]);
});
