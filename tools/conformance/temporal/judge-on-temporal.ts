/** Plays scenarios on a Temporal server, side by side, and says of each whether it is equal to the reference. */
import { messageOf } from '../../../src/kernel/error';
import type { RunId } from '../../../src/kernel/identity';
import type { Difference } from '../difference';
import type { Scenario } from '../scenario-document';
import { verdictOf } from '../verdict';
import { unbegunBursts } from './burst-begun';
import { ON_TEMPORAL } from './exceptions';
import type { Judgement } from './judgement';
import { LeftOut, leftOut } from './left-out';
import { playOnTemporal, type Played, type PlayedRun } from './play-on-temporal';
import { Stage, type Server } from './stage';
import { stageScenario, type StagedScenario } from './staged-scenario';
import { replayedDifferences, reportedDifferences } from './three-logs';
import { bundleScenarios } from './workflow-bundle';

/** How scenarios are judged. */
export interface JudgeOptions {
  /** Is called when another scenario was played, with how many were. */
  readonly progress?: (played: number) => void;
  /** Whether calls of tools are done in bursts. Default: each has an activity of its own. */
  readonly bursts?: boolean;
}

/** Scenarios that share a bundle and a worker: enough to be fast, few enough for one worker's memory. */
const BATCH_MAX = 400;

/** Scenarios that are played side by side. */
const SIDE_BY_SIDE = 24;

/** A scenario that takes longer than this, in milliseconds, is given up. */
const SCENARIO_TIMEOUT_MS = 300_000;

/** Judges scenarios, and gives them back in their order. */
export async function* judgeOnTemporal(
  server: Server,
  scenarios: readonly Scenario[],
  { progress = () => undefined, bursts = false }: JudgeOptions = {},
): AsyncGenerator<Judgement> {
  let played = 0;
  const count = (): void => {
    progress((played += 1));
  };
  for (let from = 0; from < scenarios.length; from += BATCH_MAX) {
    yield* await judgeBatch(server, scenarios.slice(from, from + BATCH_MAX), from, { count, bursts });
  }
}

interface Judging {
  /** Counts a scenario that was played. */
  readonly count: () => void;
  readonly bursts: boolean;
}

async function judgeBatch(
  server: Server,
  scenarios: readonly Scenario[],
  firstNumber: number,
  { count, bursts }: Judging,
): Promise<readonly Judgement[]> {
  const judgements: Judgement[] = [];
  const staged: StagedScenario[] = [];
  // By their places: what is judged last may have come first.
  const judge = (judgement: Judgement, number: number): void => {
    judgements[number - firstNumber] = judgement;
  };
  for (const [index, scenario] of scenarios.entries()) {
    const number = firstNumber + index;
    try {
      const id = leftOut(scenario.setup);
      if (id === null) staged.push(stageScenario(scenario, number));
      else judge({ scenario, type: 'left out', id }, number);
    } catch (error) {
      judge({ scenario, type: 'unplayable', reason: messageOf(error) }, number);
    }
  }
  judgements.forEach(count);
  if (staged.length === 0) return judgements;
  const bundle = await bundleScenarios(staged);
  for (const company of companiesOf(staged)) {
    const stage = await Stage.open(server, company, bundle);
    for (const [one, judgement] of await judgeCompany(stage, company, { count, bursts })) judge(judgement, one.number);
  }
  return judgements;
}

/** Scenarios that can stand on one stage: a run id names one run there. */
function companiesOf(staged: readonly StagedScenario[]): readonly (readonly StagedScenario[])[] {
  const companies: { readonly members: StagedScenario[]; readonly runIds: Set<RunId> }[] = [];
  for (const one of staged) {
    const runIds = [...one.programs.keys()];
    let company = companies.find((each) => runIds.every((runId) => !each.runIds.has(runId)));
    if (company === undefined) companies.push((company = { members: [], runIds: new Set() }));
    company.members.push(one);
    for (const runId of runIds) company.runIds.add(runId);
  }
  return companies.map(({ members }) => members);
}

/** What was played, with what came of it but for the replays. */
interface Judged {
  readonly staged: StagedScenario;
  readonly judgement: Judgement;
  readonly played: Played | null;
}

async function judgeCompany(
  stage: Stage,
  company: readonly StagedScenario[],
  { count, bursts }: Judging,
): Promise<ReadonlyMap<StagedScenario, Judgement>> {
  try {
    const judged = await sideBySide(company, async (staged) => {
      const one = await judgeOne(staged, stage, bursts);
      count();
      return one;
    });
    const runs = new Map(judged.flatMap(({ played }) => (played === null ? [] : [...played.runs])));
    const replayed = await replayedDifferences(stage, runs);
    return new Map(judged.map((one) => [one.staged, withReplays(one, replayed)]));
  } finally {
    await stage.close();
  }
}

async function judgeOne(staged: StagedScenario, stage: Stage, bursts: boolean): Promise<Judged> {
  const { scenario } = staged;
  try {
    const played = await inTime(playOnTemporal(staged, stage, bursts));
    const verdict = await verdictOf(scenario, played.report, ON_TEMPORAL);
    const differences = [
      ...(await reportedDifferences(played.client, played.runs)),
      ...(bursts ? await unbegunBursts(stage.client, played.runs) : []),
    ];
    return { staged, played, judgement: { scenario, type: 'played', verdict: withMore(verdict, differences) } };
  } catch (error) {
    const judgement: Judgement =
      error instanceof LeftOut
        ? { scenario, type: 'left out', id: error.id }
        : { scenario, type: 'unplayable', reason: messageOf(error) };
    return { staged, played: null, judgement };
  } finally {
    await endRuns(staged, stage);
  }
}

/** A run that a scenario leaves blocked or broken would stay so, and a broken one would be tried again and again. */
async function endRuns({ programs }: StagedScenario, stage: Stage): Promise<void> {
  for (const runId of programs.keys()) {
    const handle = stage.client.workflow.getHandle(runId);
    await handle.terminate('the scenario is over').catch(() => undefined);
  }
}

function withReplays(
  { judgement, played }: Judged,
  replayed: ReadonlyMap<PlayedRun, readonly Difference[]>,
): Judgement {
  if (judgement.type !== 'played' || played === null) return judgement;
  const found = [...played.runs.values()].flatMap((run) => replayed.get(run) ?? []);
  return { ...judgement, verdict: withMore(judgement.verdict, found) };
}

function withMore<V extends { readonly unexplained: readonly Difference[] }>(
  verdict: V,
  more: readonly Difference[],
): V {
  return { ...verdict, unexplained: [...verdict.unexplained, ...more] };
}

async function inTime<T>(play: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`it was not over after ${SCENARIO_TIMEOUT_MS / 1_000} s`));
    }, SCENARIO_TIMEOUT_MS);
  });
  try {
    return await Promise.race([play, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function sideBySide<T, R>(all: readonly T[], act: (one: T) => Promise<R>): Promise<readonly R[]> {
  const queue = [...all.entries()];
  const results: R[] = [];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) results[next[0]] = await act(next[1]);
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  return results;
}
