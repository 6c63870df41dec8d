import type { Plugin } from 'esbuild';

/** Packages that oclif loads at its start, and that a program of one embedded plugin never needs. */
const STUBS: Readonly<Record<string, string>> = {
  typescript: '',
  'wsl-utils': 'exports.isWsl = false;',
  semver: 'exports.satisfies = () => true;',
  tinyglobby: 'exports.glob = async () => [];',
  minimatch: 'exports.minimatch = () => false;',
  lilconfig: 'exports.lilconfigSync = () => ({ search: () => null });',
  // What chalk would find out when it is loaded, by way of tty; we tell it.
  '#supports-color': 'module.exports = { stdout: false, stderr: false };',
  // Brings tty, net and stream along.
  debug: `const none = () => Object.assign(() => {}, { enabled: false, extend: none });
    module.exports = Object.assign(none, { default: none, enable() {}, enabled: () => false });`,
};

/** Puts nothing in the place of packages that only cost time. */
export const stubs: Plugin = {
  name: 'stubs',
  setup(builder) {
    const names = new RegExp(`^(${Object.keys(STUBS).join('|')})$`);
    builder.onResolve({ filter: names }, ({ path }) => ({ path, namespace: 'stub' }));
    builder.onLoad({ filter: /.*/, namespace: 'stub' }, ({ path }) => ({ contents: STUBS[path] ?? '' }));
  },
};
