import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';

/** Gives a stand-in for a module that loads it at the first use. */
const LAZY = `
exports.lazy = (load) => {
  let module;
  const loaded = () => (module ??= load());
  return new Proxy(function () {}, {
    get: (_, key) => loaded()[key],
    set: (_, key, value) => ((loaded()[key] = value), true),
    has: (_, key) => key in loaded(),
    apply: (_, self, args) => loaded().apply(self, args),
  });
};
exports.lazyDefault = (load) => ({
  get default() {
    const module = load();
    return module && module.__esModule ? module.default : module;
  },
});
`;

/** How tsc writes imports in @oclif/core's CommonJS. */
const REQUIRES: readonly [pattern: RegExp, replacement: string][] = [
  [/^const (\w+) = require\(([^)]+)\);$/gm, 'const $1 = lazy(() => require($2));'],
  [/^const (\w+) = __importDefault\(require\(([^)]+)\)\);$/gm, 'const $1 = lazyDefault(() => require($2));'],
  [/^const (\w+) = __importStar\(require\(([^)]+)\)\);$/gm, 'const $1 = lazy(() => require($2));'],
];

/** Its guard for a closed pipe touches process.stdout, which loads the network stack; we write without streams. */
const STDOUT_GUARD = /^process\.stdout\.on\('error', [\s\S]*?^\}\);$/m;

/**
 * `import '@oclif/core/command'` loads 156 files, though a command that parses its flags runs through a dozen. So each
 * of oclif's imports waits until it is used.
 */
export const lazyOclif: Plugin = {
  name: 'lazy-oclif',
  setup(builder) {
    builder.onResolve({ filter: /^lazy-require$/ }, ({ path }) => ({ path, namespace: 'lazy-oclif' }));
    builder.onLoad({ filter: /.*/, namespace: 'lazy-oclif' }, () => ({ contents: LAZY }));
    // It asks for its own name and version, and would read all else at each start.
    builder.onLoad({ filter: /@oclif\/core\/package\.json$/ }, ({ path }) => {
      const { name, version } = JSON.parse(readFileSync(path, 'utf8'));
      return { contents: JSON.stringify({ name, version }), loader: 'json' };
    });
    builder.onLoad({ filter: /@oclif\/core\/lib\/.*\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8').replace(STDOUT_GUARD, '');
      const lazily = REQUIRES.reduce(
        (code, [pattern, replacement]) => code.replace(pattern, replacement),
        source,
      );
      return { contents: `"use strict";const { lazy, lazyDefault } = require('lazy-require');${lazily}` };
    });
  },
};

/** Parts of oclif that run a program and talk to its user: ours has a main and a help of its own, and no spinners. */
const MAIN_PARTS =
  /@oclif\/core\/lib\/(?:help|config|ux\/action)\/[\w-]+\.js$|@oclif\/core\/lib\/(?:performance|module-loader|main|execute|ux\/colorize-json|errors\/handle|errors\/errors\/pretty-print)\.js$/;

/** Leaves those parts out of what commands load: oclif's own files name them, and do not use them to parse flags. */
export const withoutOclifMain: Plugin = {
  name: 'without-oclif-main',
  setup(builder) {
    builder.onLoad({ filter: MAIN_PARTS }, () => ({ contents: '' }));
  },
};
