/**
 * `npm run conformance`: plays scenarios on the in-process kernel and prints what differs from the reference.
 *
 * Guarantees: the last line is `N passed, N failed`, and the exit code agrees with it: 0, or 1 when one failed; 2 when there
 * is nothing to run, or when what was asked can't be understood. Everything is read before anything is played.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/kernel/error';
import { isScenarioDocument, readScenario, type Scenario } from './scenario-document';
import { judge } from './verdict';

const USAGE = `npm run conformance -- DIR|FILE...

Plays scenarios on the in-process kernel and prints for each what differs from the reference.

  DIR    a folder: its .json and .jsonl files
  FILE   a .json file with one scenario, or a .jsonl file with one scenario a line
  --help prints this

The last line is "N passed, N failed". A scenario that differs only where docs/differences.md says so has passed.
Exit code: 0 when all passed, 1 when one failed, 2 when the command can't be run as it was given.`;

/** A command that can't be run as it was given. */
class BadCommand extends Error {}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    if (!(error instanceof BadCommand)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  },
);

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = argumentsOf(args);
  if (values.help === true) {
    console.log(USAGE);
    return 0;
  }
  if (values.on !== undefined) {
    throw new BadCommand(
      `--on ${values.on} is not there yet: scenarios run on the in-process kernel only, without --on`,
    );
  }
  if (positionals.length === 0) throw new BadCommand(`which scenarios?\n\n${USAGE}`);
  const scenarios = positionals.flatMap((path) => scenariosAt(path));
  if (scenarios.length === 0) throw new BadCommand(`no scenario in ${positionals.join(', ')}`);
  return await playAll(scenarios);
}

async function playAll(scenarios: readonly Scenario[]): Promise<number> {
  let failed = 0;
  for (const scenario of scenarios) {
    const lines = await linesOf(scenario);
    if (lines.failed) failed += 1;
    console.log(lines.text);
  }
  console.log(`${scenarios.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

async function linesOf(scenario: Scenario): Promise<{ readonly failed: boolean; readonly text: string }> {
  const { name } = scenario;
  try {
    const { unexplained, onPurpose } = await judge(scenario);
    const purposes = onPurpose.map(({ id, reason }) => `  differs on purpose: ${reason} (${id})`);
    if (unexplained.length === 0) return { failed: false, text: [`ok      ${name}`, ...purposes].join('\n') };
    const differences = unexplained.flatMap(({ place, reference, ours }) => [
      `  ${place}`,
      `    reference: ${reference}`,
      `    ours:      ${ours}`,
    ]);
    return { failed: true, text: [`FAILED  ${name}`, ...purposes, ...differences].join('\n') };
  } catch (error) {
    // A scenario that this interpreter can't play must not keep the others from being played.
    return { failed: true, text: `FAILED  ${name}\n  it can't be played: ${messageOf(error)}` };
  }
}

function argumentsOf(args: readonly string[]): {
  readonly values: { readonly help?: boolean; readonly on?: string };
  readonly positionals: readonly string[];
} {
  try {
    const options = { help: { type: 'boolean', short: 'h' }, on: { type: 'string' } } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new BadCommand(`${messageOf(error)}\n\n${USAGE}`);
  }
}

/** The scenarios of a folder or file. Paths are relative to where npm was called. */
function scenariosAt(path: string): readonly Scenario[] {
  const absolute = resolve(process.env['INIT_CWD'] ?? '.', path);
  const stats = statSync(absolute, { throwIfNoEntry: false });
  if (stats === undefined) throw new BadCommand(`${path}: no such file or folder`);
  if (!stats.isDirectory()) return scenariosOf(absolute, path);
  const names = readdirSync(absolute).filter((name) => /\.jsonl?$/.test(name));
  return names.sort().flatMap((name) => scenariosOf(join(absolute, name), join(path, name)));
}

function scenariosOf(file: string, shown: string): readonly Scenario[] {
  if (!/\.jsonl?$/.test(file)) throw new BadCommand(`${shown}: neither a .json nor a .jsonl file`);
  const text = readFileSync(file, 'utf8');
  if (file.endsWith('.json')) return scenarioOf(text, shown);
  return text
    .split('\n')
    .flatMap((line, index) => (line.trim() === '' ? [] : scenarioOf(line, `${shown}:${index + 1}`)));
}

function scenarioOf(text: string, place: string): readonly Scenario[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new BadCommand(`${place}: not JSON: ${messageOf(error)}`);
  }
  if (isScenarioDocument(document)) return [readScenario(document)];
  console.log(`skipped ${place}: no scenario`);
  return [];
}
