/** Workflow bundles of the tests' own workflows files: each is made once for all tests, however many workers and replays use it. */
import { bundleFrom, makeBundle } from './bundler';
import { BUNDLER_ENV } from './environment';

const bundles = new Map<string, Promise<{ readonly code: string }>>();

/** The bundle of a file. One that is not `observed` is what a worker makes by itself, and tells no replay its log. */
export function bundleOf(workflowsPath: string, { observed = true } = {}): Promise<{ readonly code: string }> {
  const key = `${observed} ${workflowsPath}`;
  let bundle = bundles.get(key);
  if (bundle === undefined) {
    bundle = codeOf(workflowsPath, observed).then((code) => ({ code }));
    bundles.set(key, bundle);
  }
  return bundle;
}

/** Outside of the tests' surroundings there is no bundler to ask. */
async function codeOf(workflowsPath: string, observed: boolean): Promise<string> {
  const bundler = process.env[BUNDLER_ENV];
  const request = { workflowsPath, observed };
  return await (bundler === undefined ? makeBundle(request) : bundleFrom(bundler, request));
}
