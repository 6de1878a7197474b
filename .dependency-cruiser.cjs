/**
 * The layers of ARCHITECTURE.md: an arrow only points towards the kernel, and what runs in the workflow sandbox stays free of the
 * host.
 */
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: '^src/', pathNot: allowed },
});

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Two files that need each other are one file, or three.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'kernel-is-pure',
      comment: 'The kernel knows no Node.js, no Temporal, no database; hashing is all that it takes from outside.',
      severity: 'error',
      from: { path: '^src/kernel/' },
      to: { pathNot: ['^src/kernel/', '^node_modules/@noble/hashes/'] },
    },
    only('protocol-imports-kernel', '^src/protocol/', ['^src/(protocol|kernel)/']),
    only('workflows-import-kernel', '^src/workflows/', ['^src/(workflows|protocol|kernel)/']),
    {
      name: 'sandbox-has-no-host',
      comment:
        'The workflow bundle contains kernel, protocol and workflows, the schemas of programs, and of Temporal only the workflow package.',
      severity: 'error',
      from: { path: ['^src/workflows/', '^src/protocol/', '^src/workflow\\.ts$'] },
      to: {
        pathNot: ['^src/(workflows|protocol|kernel)/', '^node_modules/(@temporalio/(workflow|common)|zod)/'],
      },
    },
    {
      name: 'only-what-is-shared-has-schemas',
      comment: 'The shell needs no schemas; it has zod evaluated for the programs.',
      severity: 'error',
      from: { path: '^src/workflows/', pathNot: '^src/workflows/shared-zod\\.ts$' },
      to: { path: '^node_modules/zod/' },
    },
    only('activities-import-kernel', '^src/activities/', ['^src/(activities|protocol|kernel)/']),
    only(
      'mirror-imports-kernel',
      '^src/mirror/',
      ['^src/(mirror|protocol|kernel)/', '^src/sandbox/'],
      'Verification bundles workflows as a worker does, to replay them.',
    ),
    {
      name: 'records-are-pure',
      comment:
        'Execution events know no Node.js, no Temporal, no database: schemas are all that they take from outside.',
      severity: 'error',
      from: { path: '^src/records/' },
      to: { pathNot: ['^src/(records|kernel)/', '^node_modules/zod/'] },
    },
    only(
      'run-files-import-records',
      '^src/run-files/',
      ['^src/(run-files|files|mirror|records|protocol|kernel)/'],
      'Run records on disk are made of records, and of what the mirror knows of a run.',
    ),
    only(
      'sandbox-imports-nothing',
      '^src/sandbox/',
      ['^src/sandbox/'],
      'It names the files that a bundle gets, and imports none.',
    ),
    only('files-import-nothing', '^src/files/', ['^src/files/'], 'What a disk takes to keep a file whole.'),
    {
      name: 'agents-run-in-the-sandbox',
      comment: 'Ready programs are programs: kernel and schemas, and nothing of a provider or of the host.',
      severity: 'error',
      from: { path: '^src/agents/' },
      to: { pathNot: ['^src/(agents|kernel)/', '^node_modules/zod/'] },
    },
    only('artifacts-import-kernel', '^src/artifacts/', ['^src/(artifacts|files|kernel)/']),
    only('models-import-agents', '^src/models/', ['^src/(models|agents|activities|artifacts|protocol|kernel)/']),
    only('testing-imports-kernel', '^src/testing', ['^src/(testing|kernel|records|artifacts)(/|\\.ts$)']),
    only('stores-import-kernel', '^src/stores/', ['^src/(stores|records|artifacts|kernel)/']),
    only(
      'exports-import-mirror',
      '^src/run-export/',
      ['^src/(run-export|mirror|stores|kernel)/'],
      'A run in a file is a stored log with its histories, and nothing of the terminal.',
    ),
    {
      name: 'nothing-imports-the-terminal',
      comment: 'The terminal is on top: it uses everything, and nothing needs it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'verbs-know-no-verbs',
      comment: 'A verb is one file that can be added and taken away: what two of them need is beside them.',
      severity: 'error',
      from: { path: '^src/cli/verbs/', pathNot: '^src/cli/verbs/index\\.ts$' },
      to: { path: '^src/cli/verbs/' },
    },
    {
      name: 'nothing-imports-the-entry',
      comment: 'The entry points are for users.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: ['^src/index\\.ts$', '^src/(worker|mirror)-main\\.ts$', '^src/cli/main\\.ts$'] },
    },
    {
      name: 'no-dev-dependencies',
      comment: 'What the package needs must be in its dependencies.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['require', 'node', 'default', 'types'] },
  },
};
