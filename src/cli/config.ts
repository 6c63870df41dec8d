import type { Config } from '@oclif/core/interfaces';
import pjson from '../../package.json' with { type: 'json' };

export const version = pjson.version;

const nothingRun = () => Promise.resolve({ successes: [], failures: [] });

/**
 * As much of oclif's Config as its Command, parser and help ask for. oclif's own one looks for plugins, manifests and
 * themes on disk, which costs more than a whole diagnosis, and there is nothing to be found.
 */
export const config = {
  bin: 'procdiag',
  name: pjson.name,
  version,
  pjson: { ...pjson, oclif: {} },
  topicSeparator: ' ',
  userAgent: `procdiag ${version}`,
  commands: [],
  topics: [],
  plugins: new Map(),
  platform: 'linux',
  runHook: nothingRun,
  scopedEnvVar: (key: string) => process.env[`PROCDIAG_${key}`],
  scopedEnvVarTrue: (key: string) => process.env[`PROCDIAG_${key}`] === '1',
  scopedEnvVarKey: (key: string) => `PROCDIAG_${key}`,
  scopedEnvVarKeys: (key: string) => [`PROCDIAG_${key}`],
} as unknown as Config;
