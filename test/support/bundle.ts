/** Workflow bundles of the tests' own workflows files: each is made once in a test file, however many workers and replays use it. */
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { REPLAY_OBSERVER } from '../../src/mirror';
import { KernelPlugin } from '../../src/plugin';

const bundles = new Map<string, Promise<WorkflowBundleWithSourceMap>>();

export function bundleOf(workflowsPath: string): Promise<WorkflowBundleWithSourceMap> {
  let bundle = bundles.get(workflowsPath);
  if (bundle === undefined) {
    const plugins = [new KernelPlugin({ programs: [] })];
    const workflowInterceptorModules = [REPLAY_OBSERVER];
    bundle = bundleWorkflowCode({
      workflowsPath,
      workflowInterceptorModules,
      plugins,
      logger: new DefaultLogger('WARN'),
    });
    bundles.set(workflowsPath, bundle);
  }
  return bundle;
}
