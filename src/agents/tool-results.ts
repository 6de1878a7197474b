/**
 * The tools of a loop, as its program has them: a result that is large, or secret, becomes an artifact, so that the log has its address
 * and the model gets it all the same.
 */
import {
  ActionFailed,
  actionErrorOf,
  canonicalJson,
  checkSchema,
  isArtifactRef,
  KernelError,
  permanent,
  sealJson,
  type AnyTool,
  type Json,
  type Schema,
  type ToolContext,
} from '../kernel';

/** A longer result, in characters of its canonical JSON, becomes an artifact. */
export const RESULT_INLINE_LENGTH_MAX = 2_048;

/**
 * @param secrets names of tools whose results nobody but the model may see
 * @throws KernelError `InvalidProgram` for a secret tool whose results this library can't keep: one without `run`
 */
export function loopTools(
  tools: Readonly<Record<string, AnyTool>>,
  secrets: readonly string[],
): Readonly<Record<string, AnyTool>> {
  for (const name of secrets) {
    if (Object.hasOwn(tools, name) && tools[name]?.run !== undefined) continue;
    throw new KernelError('InvalidProgram', `${name} can't be secret: it is no tool with a run of its own`);
  }
  return Object.fromEntries(
    Object.entries(tools).map(([name, tool]) => [name, keepingResults(name, tool, secrets.includes(name))]),
  );
}

function keepingResults(name: string, tool: AnyTool, isSecret: boolean): AnyTool {
  const { run } = tool;
  if (run === undefined) return tool;
  return {
    ...tool,
    output: orArtifact(tool.output),
    run: async (input: never, context: ToolContext) => {
      const output: unknown = await (isSecret ? quietly(name, () => run(input, context)) : run(input, context));
      const checked = checkSchema(tool.output, output ?? null);
      // Whoever surrounds the attempt says what is wrong with it; of a secret one, nobody does.
      if (!checked.ok && !isSecret) return output;
      if (!checked.ok) throw permanent(`the output of ${name} breaks its schema; it is secret`);
      const value = isSecret ? sealJson(checked.value ?? null) : jsonOf(checked.value ?? null);
      if (value === undefined) return output;
      if (!isSecret && canonicalJson(value).length <= RESULT_INLINE_LENGTH_MAX) return output;
      if (context.artifacts !== null) return await context.artifacts.put(value, { secret: isSecret });
      if (!isSecret) return output;
      throw permanent(`the output of ${name} is secret: give the worker a store of artifacts to keep it in`);
    },
  };
}

/** What is no JSON is for others to complain of. */
function jsonOf(value: unknown): Json | undefined {
  try {
    return sealJson(value);
  } catch {
    return undefined;
  }
}

/** What a secret tool throws may tell its secret: only what kind of failure it is goes on. */
async function quietly(name: string, run: () => unknown): Promise<unknown> {
  try {
    return await run();
  } catch (thrown) {
    const { kind, retryAfterMs } = actionErrorOf(thrown);
    throw new ActionFailed(kind, `${name} failed; why is secret`, retryAfterMs);
  }
}

function orArtifact(output: Schema): Schema {
  return {
    safeParse: (value) => (isArtifactRef(value) ? { success: true, data: value } : output.safeParse(value)),
  };
}
