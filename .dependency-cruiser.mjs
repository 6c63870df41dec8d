/** The arrows of the design: commands → diagnosis → rules → waits → evidence → procfs, and pure things stay pure. */
const forbidden = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const layers = [
  ['procfs', 'procfs'],
  ['evidence', 'procfs|evidence'],
  ['waits', 'procfs|evidence|waits'],
  ['rules', 'procfs|evidence|waits|rules'],
  ['diagnosis', 'procfs|evidence|waits|rules|diagnosis'],
];

export default {
  forbidden: [
    forbidden(
      'no-cycles',
      'Modules that need each other cannot be read one by one. (swc does not tell types apart: they count too.)',
      {},
      { circular: true },
    ),
    ...layers.map(([layer, below]) =>
      forbidden(
        `${layer}-knows-what-is-below`,
        'Arrows run one way: commands → diagnosis → rules → waits → evidence → procfs.',
        { path: `^src/${layer}/` },
        { path: '^src/', pathNot: `^src/(?:${below})/` },
      ),
    ),
    forbidden(
      'report-reads-nothing',
      'A renderer gets a diagnosis and gives text: what it does not get it does not know.',
      { path: '^src/report/' },
      { path: '^src/(?:commands|cli|lab|build)/|^src/evidence/(?:live|bundle)/|^src/main' },
    ),
    forbidden(
      'judges-read-no-host',
      'Waits, rules and diagnosis ask the world for files; who reads them is not their business.',
      { path: '^src/(?:waits|rules|diagnosis)/' },
      { path: '^src/evidence/(?:live|bundle)/' },
    ),
    forbidden(
      'pure-code-needs-no-node',
      'Parsers, waits, rules, judgement and renderers are text in, text out: they need nothing of the system.',
      { path: '^src/(?:procfs|waits|rules|diagnosis|report)/' },
      { dependencyTypes: ['core'] },
    ),
    forbidden(
      'trace-is-judged-without-io',
      'strace, perf -> correlate -> ledgers, story: recordings come in as bytes; only record/ touches the host.',
      { path: '^src/trace/', pathNot: '^src/trace/record/' },
      { path: '^src/', pathNot: '^src/(?:procfs|trace|rules|waits/frames)/' },
    ),
    forbidden(
      'trace-needs-no-node',
      'All of a trace but its recording is pure, as parsers and rules are.',
      { path: '^src/trace/', pathNot: '^src/trace/record/' },
      { dependencyTypes: ['core'] },
    ),
    forbidden(
      'recording-is-for-the-command',
      'Who judges or shows a trace does not record it.',
      { path: '^src/(?:trace|report|diagnosis|rules|waits)/', pathNot: '^src/trace/record/' },
      { path: '^src/trace/record/' },
    ),
    forbidden(
      'term-is-a-leaf',
      'The terminal knows nothing of diagnoses.',
      { path: '^src/term/' },
      { path: '^src/', pathNot: '^src/term/' },
    ),
    forbidden(
      'cli-is-a-leaf',
      'oclif and the ways of the command line end here; commands use it, nothing else does.',
      { path: '^src/cli/' },
      { path: '^src/', pathNot: '^src/(?:cli|term|commands)/|^src/rules/rule[.]ts$' },
    ),
    forbidden(
      'oclif-ends-in-the-cli',
      'Only commands and what they are made of know the framework.',
      { path: '^src/', pathNot: '^src/(?:cli|commands)/' },
      { path: '@oclif/' },
    ),
    forbidden(
      'lab-stands-alone',
      'The lab makes the trouble that diagnoses are held against, so it must not share their code.',
      { path: '^src/lab/' },
      { path: '^src/', pathNot: '^src/lab/' },
    ),
    forbidden(
      'only-commands-and-main-are-above',
      'Nothing below the commands knows them.',
      { path: '^src/', pathNot: '^src/(?:commands|cli|build)/|^src/main[.]ts$' },
      { path: '^src/(?:commands|cli|build)/|^src/main[.]ts$' },
    ),
    // bin/ loads what the build makes.
    forbidden(
      'no-unresolved',
      'An import that leads nowhere.',
      { pathNot: '^bin/' },
      { couldNotResolve: true },
    ),
    forbidden(
      'source-needs-no-tests',
      'What ships does not depend on what checks it.',
      { path: '^src/' },
      { path: '^test/' },
    ),
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(?:dist|node_modules/(?!@oclif))' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.cjs', '.json'],
    },
  },
};
