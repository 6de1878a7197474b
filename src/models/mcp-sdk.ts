/**
 * The official SDK of the Model Context Protocol. It is loaded when it is first needed: who has no MCP servers need not install it.
 */
import { createRequire } from 'node:module';

type ClientModule = typeof import('@modelcontextprotocol/sdk/client/index.js');
type StdioModule = typeof import('@modelcontextprotocol/sdk/client/stdio.js');
type HttpModule = typeof import('@modelcontextprotocol/sdk/client/streamableHttp.js');
type ValidatorModule = typeof import('@modelcontextprotocol/sdk/validation/ajv-provider.js');

const load = createRequire(__filename);

export function mcpClient(): ClientModule & StdioModule & HttpModule {
  return {
    ...(load('@modelcontextprotocol/sdk/client/index.js') as ClientModule),
    ...(load('@modelcontextprotocol/sdk/client/stdio.js') as StdioModule),
    ...(load('@modelcontextprotocol/sdk/client/streamableHttp.js') as HttpModule),
  };
}

/** The validator of JSON schemas that the SDK uses for itself. */
export function mcpValidator(): InstanceType<ValidatorModule['AjvJsonSchemaValidator']> {
  const { AjvJsonSchemaValidator } = load('@modelcontextprotocol/sdk/validation/ajv-provider.js') as ValidatorModule;
  return new AjvJsonSchemaValidator();
}
