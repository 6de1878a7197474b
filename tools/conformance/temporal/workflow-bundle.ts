/** The workflow bundle of scenarios: an entry file is written that names each run's workflow, with the scenarios beside it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundle } from '@temporalio/worker';
import { REPLAY_OBSERVER } from '../../../src/mirror';
import { KernelPlugin } from '../../../src/plugin';
import type { StagedScenario } from './staged-scenario';

/** Where this project's libraries are. */
const LIBRARIES = resolve(require.resolve('@temporalio/workflow/package.json'), '../../..');

/** Bundles the workflows of scenarios. */
export async function bundleScenarios(staged: readonly StagedScenario[]): Promise<WorkflowBundle> {
  const directory = mkdtempSync(join(tmpdir(), 'temporal-kernel-conformance-'));
  try {
    const entry = join(directory, 'workflows.js');
    writeFileSync(entry, entryOf(staged));
    for (const { scenario, number } of staged) {
      writeFileSync(join(directory, setupFile(number)), JSON.stringify(scenario.setup));
    }
    return await bundleWorkflowCode({
      workflowsPath: entry,
      workflowInterceptorModules: [REPLAY_OBSERVER],
      plugins: [new KernelPlugin({ programs: [] })],
      // The entry stands outside of the project, and its libraries inside.
      webpackConfigHook: (config) => ({
        ...config,
        resolve: { ...config.resolve, modules: [...(config.resolve?.modules ?? ['node_modules']), LIBRARIES] },
      }),
      logger: new DefaultLogger('WARN'),
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function entryOf(staged: readonly StagedScenario[]): string {
  const lines = staged.flatMap(({ number, programs }) =>
    [...programs].map(
      ([runId, { name }]) =>
        `exports.${name} = runWorkflow('${name}', () => require('./${setupFile(number)}'), ${JSON.stringify(runId)});`,
    ),
  );
  return [`const { runWorkflow } = require(${JSON.stringify(require.resolve('./run-workflow'))});`, ...lines].join(
    '\n',
  );
}

function setupFile(number: number): string {
  return `setup-${number}.json`;
}
