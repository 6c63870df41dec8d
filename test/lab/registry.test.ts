import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scenes } from '../../src/lab/registry.ts';

const DIR = join(import.meta.dirname, '../../src/lab/scenes');

describe('the registry of scenes', () => {
  const files = readdirSync(DIR).filter((file) => file !== 'index.ts');

  it('has each file of scenes/, under its name', () => {
    expect(new Set(scenes.map(({ name }) => `${name}.ts`))).toEqual(new Set(files));
    expect(scenes).toHaveLength(files.length);
  });

  it('is sorted in its source', () => {
    const lines = readFileSync(join(DIR, 'index.ts'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('export'));
    const named = lines.map((line) => /'\.\/(.*)\.ts'/.exec(line)?.[1] ?? line);
    expect(named).toEqual([...named].sort((a, b) => (a < b ? -1 : 1)));
  });

  it.each(scenes)('$name tells its story', ({ name, title, story, maxSeconds = 120 }) => {
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(title).not.toMatch(/\n|\.$/);
    const lines = story.split('\n').length;
    expect(lines).toBeGreaterThanOrEqual(2);
    expect(lines).toBeLessThanOrEqual(7);
    expect(maxSeconds).toBeLessThanOrEqual(120);
  });
});
