import { spawnSync } from 'node:child_process';
import type { Plugin } from 'esbuild';

/** Runs a file as require() would, with the code that V8 compiled for it before; without it when V8 is another one. */
const LOAD = `
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { Script } = require('node:vm');
exports.prepare = (file, cachedData) => {
  const source = readFileSync(file, 'latin1');
  const wrapped = '(function (exports, require, module, __filename, __dirname) {' + source + '\\n})';
  const script = new Script(wrapped, { filename: file, cachedData });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(file), module, file, file.replace(/[^/]*$/, ''));
  return { script, exports: module.exports };
};
exports.load = (file) => {
  let cache;
  try {
    cache = readFileSync(file + '.cache');
  } catch {
    return require(file);
  }
  return exports.prepare(file, cache).exports;
};
`;

/** Runs the command for its usual answers, so that the cache holds the functions which these take, and writes it. */
const MAKE = `
${LOAD}
const [file, exportName, ...argv] = process.argv.slice(1);
const { script, exports: commands } = exports.prepare(file);
(async () => {
  await commands[exportName].execute('build', [...argv, '--json']);
  await commands[exportName].execute('build', argv);
  const { renameSync, writeFileSync } = require('node:fs');
  writeFileSync(file + '.cache.part', script.createCachedData());
  renameSync(file + '.cache.part', file + '.cache');
  process.exit();
})();
`;

/**
 * Compiling the whole of `inspect` takes as long as half a start of Node. V8's code cache spares it; it lies beside the
 * code, belongs to whom the code belongs to, and counts for the V8 alone that made it.
 */
export function codeCacheFor(file: string, exportName: string, argv: readonly string[]): void {
  const { status } = spawnSync(process.execPath, ['-e', MAKE, file, exportName, ...argv], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`no code cache for ${file}`);
}

/** Makes `require('./NAME.cjs')` of the named files use their code cache. */
export function withCodeCache(names: readonly string[]): Plugin {
  return {
    name: 'code-cache',
    setup(builder) {
      builder.onResolve({ filter: new RegExp(`/commands/(?:${names.join('|')})[.]ts$`) }, ({ path }) => ({
        path,
        namespace: 'code-cache',
      }));
      builder.onLoad({ filter: /.*/, namespace: 'code-cache' }, ({ path }) => {
        const name = path.replace(/^.*\/([\w-]+)\.ts$/, '$1.cjs');
        return { contents: `${LOAD}\nmodule.exports = exports.load(__dirname + '/${name}');` };
      });
    },
  };
}
