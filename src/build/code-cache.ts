import { spawn, spawnSync } from 'node:child_process';
import type { BuildOptions, Plugin } from 'esbuild';

/**
 * How a file begins and ends that has a code cache. What require() puts around each file is in the file: a source of such
 * size is better not copied.
 */
export const WRAPPED: BuildOptions = {
  banner: { js: '(function(exports,require,module,__filename,__dirname){' },
  footer: { js: '})' },
  // Shorter, and with less for V8 to make known to itself.
  minifyIdentifiers: true,
};

/**
 * Runs a file as require() would, with the code that V8 compiled for it before; without it when Node is another one. V8 looks
 * for its own version and flags only: what was compiled on x86-64 ended Node on arm64 with a segmentation fault. So the cache
 * begins with the Node that made it, in whole words of memory, since V8 would copy what is not aligned.
 */
const LOAD = `
const { readFileSync } = require('node:fs');
const { Script } = require('node:vm');
const madeBy = Buffer.from(process.arch + ' ' + JSON.stringify(process.versions));
const head = Buffer.alloc((madeBy.length + 15) & -16, ' ');
madeBy.copy(head);
exports.load = (file) => {
  let cachedData;
  try {
    const cache = readFileSync(file + '.cache');
    if (head.equals(cache.subarray(0, head.length))) cachedData = cache.subarray(head.length);
  } catch {}
  const script = new Script(readFileSync(file, 'latin1'), { filename: file, cachedData });
  globalThis.madeForCodeCache?.set(file, script);
  const module = { exports: {} };
  script.runInThisContext()(module.exports, require, module, file, file.replace(/.[^/]*$/, ''));
  return module.exports;
};
`;

/** Runs the command for its usual answers, so that the caches hold the functions which these take, and writes them. */
const MAKE = `
${LOAD}
const [file, exportName, ...argv] = process.argv.slice(1);
globalThis.madeForCodeCache = new Map();
require = require('node:module').createRequire(file);
const commands = exports.load(file);
(async () => {
  await commands[exportName].execute('build', [...argv, '--json']);
  await commands[exportName].execute('build', argv);
  const { renameSync, writeFileSync } = require('node:fs');
  for (const [made, script] of globalThis.madeForCodeCache) {
    writeFileSync(made + '.cache.part', Buffer.concat([head, script.createCachedData()]));
    renameSync(made + '.cache.part', made + '.cache');
  }
  process.exit();
})();
`;

/**
 * Compiling the whole of `inspect` takes as long as half a start of Node. V8's code cache spares it; it lies beside the
 * code, belongs to whom the code belongs to, and counts for the Node alone that made it.
 */
export function codeCacheFor(file: string, exportName: string): void {
  // What is looked at most is asleep, and what is not in the cache costs only those who need it.
  const sleeper = spawn('sleep', ['60'], { stdio: 'ignore' });
  const { status } = spawnSync(process.execPath, ['-e', MAKE, file, exportName, String(sleeper.pid)], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  sleeper.kill();
  if (status !== 0) throw new Error(`no code cache for ${file}`);
}

/** Makes modules that are loaded by `import()` files beside it, each named by its file's pattern, with a code cache. */
export function withCodeCache(names: Readonly<Record<string, RegExp>>): Plugin {
  return {
    name: 'code-cache',
    setup(builder) {
      for (const [name, filter] of Object.entries(names)) {
        builder.onResolve({ filter }, ({ kind }) =>
          kind === 'dynamic-import' ? { path: `${name}.cjs`, namespace: 'code-cache' } : undefined,
        );
      }
      builder.onLoad({ filter: /.*/, namespace: 'code-cache' }, ({ path: name }) => {
        return { contents: `${LOAD}\nmodule.exports = exports.load(__dirname + '/${name}');` };
      });
    },
  };
}
