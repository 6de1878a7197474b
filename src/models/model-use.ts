/** What a program says of a model that it uses: the member `model` of its provider. */
import type { ModelUse } from '../agents';
import { isPlainObject, KernelError, type AnyTool, type DefinedProgram } from '../kernel';

/** @throws KernelError `InvalidProgram` when a provider without `run` says nothing of a model */
export function modelUseOf(program: DefinedProgram, name: string, { model }: AnyTool): ModelUse {
  if (isModelUse(model)) return model;
  throw new KernelError(
    'InvalidProgram',
    `provider ${name} of program ${program.name} says nothing of what its model is given: it needs a member \`model\` ` +
      'with tools, output, maxOutputTokens and temperature, as toolLoop makes it',
  );
}

function isModelUse(value: unknown): value is ModelUse {
  return isPlainObject(value) && Array.isArray(value['tools']) && 'output' in value;
}
