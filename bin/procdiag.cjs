#!/usr/bin/env node
// What an older one lacks would be told as a mistake of ours. Debian 11 and 12 have Node 12 and 18.
if (Number.parseInt(process.versions.node, 10) < 20) {
  process.stderr.write(`procdiag: it needs Node 20.19 or later; this is Node ${process.versions.node}\n`);
  process.exit(2);
}
process.env.OCLIF_DISABLE_ENGINE_WARNING = '1';
require('../dist/main.cjs').main(process.argv.slice(2));
