import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/**
 * All that a trace says goes through `decodeUtf8`, which takes U+0080 to U+00FF for bytes of a name: `3× ENOSPC` would be
 * shown as `3\xd7 ENOSPC`.
 */
test.each(['trace/digest', 'trace/ledgers', 'trace/record', 'report/trace'])(
  'no sentence of src/%s has a character that is taken for a byte',
  (directory) => {
    const root = join(import.meta.dirname, '../../src', directory);
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !/^html.(page|shell)/.test(name))
      .map((name) => ({
        name,
        code: readFileSync(join(root, name), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ''),
      }));
    expect(files.filter(({ code }) => /[\u0080-\u00ff]/.test(code)).map(({ name }) => name)).toEqual([]);
    expect(files.length).toBeGreaterThan(5);
  },
);
