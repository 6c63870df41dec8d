import { beforeAll, describe, expect, it } from 'vitest';
import { OUTPUT_KINDS, outputKindFor, UnknownOutputError } from '../../../src/report/trace/outputs.ts';
import { fakeTrace } from '../../support/fake-trace/fake-trace.ts';
import { providePage } from '../../support/trace-page.ts';
import { HOSTILE_EVENTS, written } from './written.ts';

beforeAll(providePage);

describe('the outputs of a trace', () => {
  it.each(OUTPUT_KINDS.map(({ extension }) => extension))('finds %s by its name', (extension) => {
    expect(outputKindFor(`/tmp/a.b${extension}`).extension).toBe(extension);
    expect(outputKindFor(`A${extension.toUpperCase()}`).extension).toBe(extension);
  });

  it.each(['trace', 'trace.json', 'trace.txt', '.jsonl', ''])('does not know %j', (file) => {
    expect(() => outputKindFor(file)).toThrow(UnknownOutputError);
    for (const { extension } of OUTPUT_KINDS) expect(() => outputKindFor(file)).toThrow(extension);
  });

  it.each(OUTPUT_KINDS)('$extension is written of nothing, of little and of anything', ({ make }) => {
    for (const events of [[], fakeTrace({ events: 50 }).events, HOSTILE_EVENTS])
      expect(typeof written(make, events)).toBe('string');
  });
});
