import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import pjson from '../../package.json' with { type: 'json' };
import { renderHelp } from '../cli/help.ts';
import { PRINTED_WIDTH } from '../cli/printed-help.ts';
import { registry } from '../cli/registry.ts';
import { rules } from '../rules/index.ts';
import { explanationsBeside, PART_FILES, partsBeside } from './beside.ts';
import { lazyChalk } from './chalk.ts';
import { codeCacheFor, WRAPPED, withCodeCache } from './code-cache.ts';
import { lazyOclif, withoutOclifMain } from './oclif.ts';
import { stubs } from './stubs.ts';
import { builtTracePage } from './trace-page.ts';

/**
 * Builds dist/. What makes procdiag start quickly is here, and not in the source:
 *
 * 1. One small main file, and one file a command that holds all it needs: two files are found and compiled at a start. How
 *    failures are told is a file beside.
 * 2. CommonJS, which Node loads in less time than modules.
 * 3. Help texts are rendered now, into a file beside: `--help` prints them, and oclif's help is loaded for narrow terminals only.
 * 4. Of oclif, commands get what parses flags, and no more.
 * 5. What few runs need (the pages of explain, captures, tables) are files beside the command.
 * 6. The command that is run under stress has a code cache, and is in parts: what begins to read, what is loaded
 *    while the readers work, and what draws the answer.
 * 7. The page that shows a trace is bundled for browsers, and is text in the command that writes it.
 */
const root = join(import.meta.dirname, '../..');
const dist = join(root, 'dist');

const common: BuildOptions = {
  absWorkingDir: root,
  outdir: dist,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  write: false,
  logLevel: 'warning',
  // require() takes the same way without the loader of modules.
  supported: { 'dynamic-import': false },
  // Parts of a bundle have no file of their own to ask for its place.
  define: { 'import.meta.dirname': '__dirname' },
};

/** Of package.json the program asks for little, and would read all of it at each start. */
const ownManifest: Plugin = {
  name: 'own-manifest',
  setup(builder) {
    builder.onLoad({ filter: /\/package\.json$/ }, ({ path }) => {
      if (path !== join(root, 'package.json')) return undefined;
      const { name, version, description } = pjson;
      return { contents: JSON.stringify({ name, version, description }), loader: 'json' };
    });
  },
};

/** What main loads by `import()` becomes a file beside it. */
const filesBeside: Plugin = {
  name: 'files-beside',
  setup(builder) {
    builder.onResolve(
      { filter: /\/(?:commands\/[\w-]+|(?:printed-)?help|failure)\.ts$/ },
      ({ kind, path }) =>
        kind === 'dynamic-import'
          ? { path: path.replace(/^.*\/([\w-]+)\.ts$/, './$1.cjs'), external: true }
          : undefined,
    );
  },
};

/** The help has the commands for their flags: what they load to do their work is not part of it. */
const flagsOnly: Plugin = {
  name: 'flags-only',
  setup(builder) {
    builder.onResolve({ filter: /^\.\./, namespace: 'file' }, ({ kind, importer, path }) =>
      kind === 'dynamic-import' && importer.includes('/src/commands/') ? { path, external: true } : undefined,
    );
  },
};

async function printedHelp(): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const id of ['', ...Object.keys(registry)]) texts[id] = await renderHelp(id, PRINTED_WIDTH);
  return texts;
}

/** One sign beyond Latin-1, in a regular expression that esbuild leaves alone, makes V8 keep all of a file in two bytes a sign. */
function ascii(code: string): string {
  return code.replace(/[\u0080-\uffff]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** What `inspect` needs once its first reads are under way, and only then loads: what judges, and what draws. */
const LATER = {
  judge: /\/(?:diagnosis\/diagnose|report\/json)\.ts$/,
  screen: /\/report\/terminal\/results\.ts$/,
};
const judge = `export * from './src/diagnosis/diagnose.ts'; export * from './src/report/json.ts';`;

const help = await printedHelp();
const results = await Promise.all([
  build({
    ...common,
    entryPoints: ['src/main.ts'],
    plugins: [ownManifest, withCodeCache({ inspect: /\/commands\/inspect\.ts$/ }), filesBeside],
  }),
  build({ ...common, entryPoints: ['src/cli/failure.ts'], plugins: [ownManifest, filesBeside] }),
  build({
    ...common,
    entryPoints: ['src/cli/printed-help.ts'],
    define: { ...common.define, PRINTED_HELP: JSON.stringify(help) },
  }),
  build({
    ...common,
    entryPoints: Object.keys(registry)
      .filter((id) => id !== 'inspect')
      .map((id) => `src/commands/${id}.ts`),
    plugins: [withoutOclifMain, stubs, lazyOclif, explanationsBeside, partsBeside],
    define: { ...common.define, TRACE_PAGE: JSON.stringify(await builtTracePage()) },
  }),
  build({
    ...common,
    ...WRAPPED,
    entryPoints: ['src/commands/inspect.ts'],
    plugins: [ownManifest, withoutOclifMain, stubs, lazyOclif, partsBeside, withCodeCache(LATER)],
  }),
  build({
    ...common,
    ...WRAPPED,
    stdin: { contents: judge, resolveDir: root, sourcefile: 'judge.ts' },
    outdir: undefined,
    outExtension: undefined,
    outfile: join(dist, 'judge.cjs'),
    plugins: [explanationsBeside],
  }),
  build({
    ...common,
    ...WRAPPED,
    entryPoints: { screen: 'src/report/terminal/results.ts' },
    plugins: [lazyChalk, stubs, partsBeside],
  }),
  build({ ...common, entryPoints: PART_FILES, entryNames: '[name]', plugins: [explanationsBeside] }),
  build({ ...common, entryPoints: ['src/cli/help.ts'], plugins: [flagsOnly, stubs, lazyOclif] }),
]);

const files = results.flatMap(({ outputFiles = [] }) => outputFiles);
const explanations = Object.fromEntries(rules.map(({ id, explanation }) => [id, explanation]));
const names = new Set([...files.map(({ path }) => basename(path)), 'explanations.cjs']);
// Not before all is well: a failed build leaves the last good one. The cache goes first, as it belongs to the old code.
mkdirSync(dist, { recursive: true });
for (const name of readdirSync(dist)) if (!names.has(name)) rmSync(join(dist, name), { recursive: true });
for (const { path, text } of files) writeFileSync(path, ascii(text));
writeFileSync(join(dist, 'explanations.cjs'), ascii(`module.exports=${JSON.stringify(explanations)}`));
codeCacheFor(join(dist, 'inspect.cjs'), 'Inspect');
