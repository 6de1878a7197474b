/** `npm run example -- support`: a customer talks to the shop's agent. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mainOf } from '../agent/main-of';
import { runAgent } from '../agent/run-agent';
import { ScriptSchema } from '../../tools/scripted-model';
import { support } from './support';

void mainOf('Usage: npm run example -- support [WHAT THE CUSTOMER SAYS] [AND THEN] … [options]', async (options) => {
  const [prompt, ...messages] = options.rest;
  await runAgent(
    {
      program: support,
      workflowsPath: require.resolve('./workflows'),
      model: 'agent',
      prompt: prompt ?? 'Where is my order A-17?',
      messages: prompt === undefined ? ['Thank you!'] : messages,
      script: ScriptSchema.parse(JSON.parse(readFileSync(join(__dirname, 'script.json'), 'utf8'))),
      // The worker starts the server when the agent first needs its tools.
      mcp: {
        shop: {
          command: process.execPath,
          args: ['--require', require.resolve('tsx/cjs'), join(__dirname, 'shop.ts')],
        },
      },
      roles: ['shop'],
    },
    options,
  );
});
