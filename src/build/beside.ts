import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';

/**
 * The pages of `explain` are most of what the rules weigh, and `inspect` needs them only once there is a finding: they
 * become a file beside it, read when somebody asks.
 */
const EXPLANATION = /\n {2}explanation: \{[\s\S]*?\n {2}\},\n(?=\}\);)/;

export const explanationsBeside: Plugin = {
  name: 'explanations-beside',
  setup(builder) {
    builder.onResolve({ filter: /^\.\/explanations\.cjs$/ }, ({ path }) => ({ path, external: true }));
    builder.onLoad({ filter: /\/src\/rules\/[\w-]+\.ts$/ }, ({ path }) => {
      const id = path.replace(/^.*\/([\w-]+)\.ts$/, '$1');
      const lazily = `\n  get explanation() { return require('./explanations.cjs')['${id}']; },\n`;
      return { contents: readFileSync(path, 'utf8').replace(EXPLANATION, lazily), loader: 'ts' };
    });
  },
};

/** Parts that few runs need become files of their own: what reads captures, and what draws tables. */
const PARTS = /\/(?:bundle\/read|threads-table)\.ts$/;

export const partsBeside: Plugin = {
  name: 'parts-beside',
  setup(builder) {
    builder.onResolve({ filter: PARTS }, ({ kind, path }) =>
      kind === 'dynamic-import'
        ? { path: `./${path.replace(/^.*\/([\w-]+)\.ts$/, '$1')}.cjs`, external: true }
        : undefined,
    );
  },
};

/** Where those parts begin. */
export const PART_FILES = ['src/evidence/bundle/read.ts', 'src/report/terminal/threads-table.ts'];
