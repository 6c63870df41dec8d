import { dirname } from 'node:path';
import type { Plugin } from 'esbuild';

/** Makes all of its styles when it is loaded: half a millisecond, which an answer without colours does not need. */
export const lazyChalk: Plugin = {
  name: 'lazy-chalk',
  setup(builder) {
    builder.onResolve({ filter: /^chalk$/, namespace: 'file' }, ({ path, importer }) => ({
      path,
      namespace: 'lazy-chalk',
      pluginData: dirname(importer),
    }));
    builder.onLoad({ filter: /.*/, namespace: 'lazy-chalk' }, ({ path, pluginData }) => ({
      contents: `exports.Chalk = function (options) { return new (require('${path}').Chalk)(options); };`,
      resolveDir: String(pluginData),
    }));
  },
};
