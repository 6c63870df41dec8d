import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCapture } from '../../../src/trace/record/files/capture.ts';
import { check } from '../../kernels/trace-check.ts';

const FIXTURES = join(import.meta.dirname, '../../../fixtures/kernels');
const recorded = readdirSync(FIXTURES).filter((file) => file.endsWith('.tar.gz'));

test('each of the kernels has its recordings', () => {
  const kernels = new Set(recorded.map((file) => file.split('-')[0]));
  expect(kernels).toEqual(new Set(['5.10', '6.1', '6.12', '7.3', 'arm64']));
});

/** See fixtures/kernels/README.md. */
test.each(recorded)('%s is put together without a fault', async (file) => {
  const capture = await openCapture(join(FIXTURES, file));
  try {
    const { wrong } = check(capture.directory, { both: true, ended: file.includes('-truth-') });
    expect(wrong).toEqual([]);
  } finally {
    await capture.close();
  }
});
