/**
 * The same program, but its fourth batch does its work and then never says so. A worker that is killed there dies at the worst
 * moment there is, and at the same one every time.
 */
import type { AnyTool, ToolContext } from '../../../src/kernel';
import { licenceAuditor } from '../licence-auditor';

/** Batches that are read as ever. */
export const BATCHES_BEFORE_THE_KILL = 3;

const { readLicences } = licenceAuditor.tools;
let batches = 0;

async function run(input: never, context: ToolContext): Promise<unknown> {
  const licences = await readLicences?.run?.(input, context);
  batches += 1;
  return batches > BATCHES_BEFORE_THE_KILL ? await new Promise<never>(() => undefined) : licences;
}

export const auditorThatHangs = {
  ...licenceAuditor,
  tools: { ...licenceAuditor.tools, readLicences: { ...readLicences, run } as AnyTool },
};
