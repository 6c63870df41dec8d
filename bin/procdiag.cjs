#!/usr/bin/env node
process.env.OCLIF_DISABLE_ENGINE_WARNING = '1';
require('../dist/main.cjs').main(process.argv.slice(2));
