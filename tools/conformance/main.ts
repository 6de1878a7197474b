/**
 * `npm run conformance`: plays scenarios on the in-process kernel, or on a Temporal server, and prints what differs from the
 * reference.
 *
 * Guarantees: the last line is `N passed, N failed`, and the exit code agrees with it: 0, or 1 when one failed; 2 when there
 * is nothing to run, or when what was asked can't be understood. Everything is read before anything is played.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/kernel/error';
import { isScenarioDocument, readScenario, type Scenario } from './scenario-document';
import { isServerUnavailable, ServerStartError } from '../server/server-error';
import type * as OnTemporal from './temporal/conformance-on-temporal';
import { LEFT_OUT } from './temporal/left-out';
import type { Judgement } from './temporal/judgement';
import { judge } from './verdict';

const USAGE = `npm run conformance -- [--on temporal [--bursts] [--address HOST:PORT]] DIR|FILE...

Plays scenarios on the in-process kernel and prints for each what differs from the reference.

  DIR            a folder: its .json and .jsonl files
  FILE           a .json file with one scenario, or a .jsonl file with one scenario a line
  --on temporal  plays them as workflows on a Temporal server, and mirrors their histories. A local server is started
                 for it, unless TEMPORAL_ADDRESS names one. They are played in namespaces of their own, which are
                 deleted at the end. Scenarios about what can't happen there are left to tests of their own.
  --bursts       on temporal: calls of tools are short ones, and are done in bursts; everything else must be the same
  --address      the Temporal server to use
  --help         prints this

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
  if (values.on !== undefined && values.on !== 'temporal') {
    throw new BadCommand(`--on ${values.on}: scenarios run on temporal, or without --on on the in-process kernel`);
  }
  if (values.address !== undefined && values.on === undefined) {
    throw new BadCommand('--address names a Temporal server: it needs --on temporal');
  }
  if (values.bursts === true && values.on === undefined) {
    throw new BadCommand('--bursts says how Temporal does calls of tools: it needs --on temporal');
  }
  if (positionals.length === 0) throw new BadCommand(`which scenarios?\n\n${USAGE}`);
  const scenarios = positionals.flatMap((path) => scenariosAt(path));
  if (scenarios.length === 0) throw new BadCommand(`no scenario in ${positionals.join(', ')}`);
  const judgements = values.on === undefined ? judgeInProcess(scenarios) : judgeOnServer(scenarios, values);
  return await report(judgements);
}

async function report(judgements: AsyncIterable<Judgement>): Promise<number> {
  const counts = { passed: 0, failed: 0, left: 0 };
  for await (const judgement of judgements) {
    const { count, text } = linesOf(judgement);
    counts[count] += 1;
    console.log(text);
  }
  if (counts.left > 0) console.log(`${counts.left} left to their own tests`);
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  return counts.failed === 0 ? 0 : 1;
}

async function* judgeInProcess(scenarios: readonly Scenario[]): AsyncGenerator<Judgement> {
  for (const scenario of scenarios) {
    try {
      yield { scenario, type: 'played', verdict: await judge(scenario) };
    } catch (error) {
      // A scenario that this interpreter can't play must not keep the others from being played.
      yield { scenario, type: 'unplayable', reason: messageOf(error) };
    }
  }
}

/** Loads what Temporal's workers need when they are needed: the in-process kernel does without, and starts at once. */
function onTemporal(): typeof OnTemporal {
  return createRequire(__filename)('./temporal/conformance-on-temporal') as typeof OnTemporal;
}

async function* judgeOnServer(
  scenarios: readonly Scenario[],
  { address, bursts = false }: Values,
): AsyncGenerator<Judgement> {
  try {
    yield* onTemporal().conformanceOnTemporal(scenarios, address, { bursts });
  } catch (error) {
    if (isServerUnavailable(error) || error instanceof ServerStartError) throw new BadCommand(error.message);
    throw error;
  }
}

function linesOf(judgement: Judgement): { readonly count: 'passed' | 'failed' | 'left'; readonly text: string } {
  const { name } = judgement.scenario;
  switch (judgement.type) {
    case 'left out':
      return { count: 'left', text: `left    ${name}: ${LEFT_OUT[judgement.id]} (${judgement.id})` };
    case 'unplayable':
      return { count: 'failed', text: `FAILED  ${name}\n  it can't be played: ${judgement.reason}` };
    case 'played': {
      const { unexplained, onPurpose } = judgement.verdict;
      const purposes = onPurpose.map(({ id, reason }) => `  differs on purpose: ${reason} (${id})`);
      if (unexplained.length === 0) return { count: 'passed', text: [`ok      ${name}`, ...purposes].join('\n') };
      const differences = unexplained.flatMap(({ place, reference, ours }) => [
        `  ${place}`,
        `    reference: ${reference}`,
        `    ours:      ${ours}`,
      ]);
      return { count: 'failed', text: [`FAILED  ${name}`, ...purposes, ...differences].join('\n') };
    }
  }
}

interface Values {
  readonly help?: boolean;
  readonly on?: string;
  readonly bursts?: boolean;
  readonly address?: string;
}

function argumentsOf(args: readonly string[]): { readonly values: Values; readonly positionals: readonly string[] } {
  try {
    const options = {
      help: { type: 'boolean', short: 'h' },
      on: { type: 'string' },
      bursts: { type: 'boolean' },
      address: { type: 'string' },
    } as const;
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
