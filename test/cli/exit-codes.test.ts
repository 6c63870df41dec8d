import { expect, it } from 'vitest';
import { exitCode, type FailOn } from '../../src/cli/exit-codes.ts';

type Result = Parameters<typeof exitCode>[0][number];
const healthy: Result = { diagnosis: { findings: [], verdict: { state: 'healthy' } } };
const noted: Result = { diagnosis: { findings: [{ severity: 'info' }], verdict: { state: 'healthy' } } };
const hung: Result = { diagnosis: { findings: [{ severity: 'warning' }], verdict: { state: 'hung' } } };
const unknown: Result = { diagnosis: { findings: [{ severity: 'info' }], verdict: { state: 'unknown' } } };
const error: Result = { error: { code: 'ERR_NO_PROCESS' } };

it.each<[string, Result[], FailOn, number]>([
  ['nothing wrong', [healthy], 'warning', 0],
  ['a note below the bar', [noted], 'warning', 0],
  ['a note at the bar', [noted], 'info', 1],
  ['a finding', [hung], 'warning', 1],
  ['a finding below the bar', [hung], 'critical', 0],
  ['a finding, and no bar', [hung], 'never', 0],
  ['no such process', [error], 'warning', 2],
  ['one of two that is gone', [hung, error], 'warning', 2],
  ['a wait that could not be told: not healthy', [unknown], 'warning', 2],
  ['that, whatever the bar', [unknown], 'never', 2],
  ['one of two that could not be told', [hung, unknown], 'warning', 2],
])('%s', (_, results, failOn, code) => {
  expect(exitCode(results, failOn)).toBe(code);
});
