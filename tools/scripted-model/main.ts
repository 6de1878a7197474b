/** `tsx tools/scripted-model/main.ts <script.json> [port]`: serves a script from a file, and says where on stdout. */
import { readFileSync } from 'node:fs';
import { messageOf } from '../../src/kernel';
import { ScriptSchema, startScriptedModel } from '.';

async function main([path, port = '0', ...more]: readonly string[]): Promise<number> {
  if (path === undefined || more.length > 0 || !/^\d{1,5}$/.test(port)) {
    process.stderr.write('usage: main.ts <script.json> [port]\n');
    return 2;
  }
  const read = ScriptSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (!read.success) {
    process.stderr.write(`${path} is no script: ${read.error.message}\n`);
    return 2;
  }
  const model = await startScriptedModel(read.data, { port: Number(port) });
  process.stdout.write(`scripted model: ${model.url}\n`);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });
  await model.close();
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 1;
  },
);
