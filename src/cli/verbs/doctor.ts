/** `doctor`: what is wrong around runs, and how to mend it. It looks, and changes nothing. */
import { existsSync } from 'node:fs';
import { withoutPassword } from '../../environment-store';
import { isPostgresUrl } from '../../stores/open-store';
import { checked, fine, skipped, wrong, type Check, type CheckName } from '../doctor/check';
import { serverChecks } from '../doctor/server-checks';
import { EXIT } from '../exit-code';
import { withPrograms, withServer, withStore, type ProgramOptions, type ServerOptions } from '../options';
import type { DoctorOutput } from '../output/doctor';
import type { Session } from '../session';
import type { Style } from '../terminal';
import { defineVerb } from '../verb';

interface Options extends ServerOptions, ProgramOptions {
  readonly store?: string | true;
  readonly taskQueue?: string;
}

const MARK: Readonly<Record<Check['verdict'], readonly [Style, string]>> = {
  ok: ['green', 'ok'],
  warning: ['yellow', 'warning'],
  bad: ['red', 'BAD'],
  skipped: ['dim', 'skipped'],
};

/** What can't be seen without a server. */
const BEYOND_SERVER: readonly CheckName[] = [
  'namespace',
  'visibility',
  'updates',
  'limits',
  'workflow worker',
  'tool worker',
];

export const doctor = defineVerb<Options>({
  name: 'doctor',
  summary: 'looks at programs, server, namespace, limits, workers and store: what is wrong, and how to mend it',
  examples: [
    'doctor --programs ./refund.ts --store runs.db',
    'doctor --address localhost:7233 --task-queue agents --json',
  ],
  declare: (command) => {
    withStore(withServer(withPrograms(command)), 'a file, or postgres://… (TEMPORAL_KERNEL_STORE)')
      .optionsGroup('Options:')
      .option('--task-queue <NAME>', '(TEMPORAL_TASK_QUEUE; default temporal-kernel)');
  },
  run: async ({ session, terminal }) => {
    const checks = await terminal.during(() => 'looking …', allChecks(session));
    const output: DoctorOutput = { ok: checks.every(({ verdict }) => verdict !== 'bad'), checks };
    terminal.result(output, () =>
      checks.flatMap(({ name, verdict, found, advice }) => {
        const [style, word] = MARK[verdict];
        const line = `${terminal.styled(style, word.padEnd(8))} ${name.padEnd(16)} ${found}`;
        return advice === null ? [line] : [line, `${' '.repeat(26)}→ ${advice}`];
      }),
    );
    return output.ok ? EXIT.ok : EXIT.no;
  },
});

async function allChecks(session: Session): Promise<readonly Check[]> {
  const programs = await checked('programs', async () => await programsCheck(session));
  const server = await checked('server', async () => await serverCheck(session));
  const names = programs.verdict === 'ok' ? (await session.programsIfAny()).map(({ name }) => name) : [];
  const beyond =
    server.verdict === 'ok'
      ? await serverChecks(await session.client(), session.environment.taskQueue, [...new Set(names)])
      : BEYOND_SERVER.map((name) => skipped(name, 'no server to ask'));
  return [programs, server, ...beyond, await checked('store', async () => await storeCheck(session))];
}

async function programsCheck(session: Session): Promise<Check> {
  const programs = await session.programsIfAny();
  if (programs.length > 0)
    return fine('programs', programs.map(({ name, version }) => `${name} v${version}`).join(', '));
  return wrong(
    'programs',
    'warning',
    'none are named',
    'give --programs FILE: most verbs need them to read a history.',
  );
}

async function serverCheck(session: Session): Promise<Check> {
  const client = await session.client();
  const { serverVersion } = await client.workflow.workflowService.getSystemInfo({});
  return fine('server', `Temporal ${serverVersion} at ${session.environment.address}`);
}

async function storeCheck(session: Session): Promise<Check> {
  const { store: name } = session.environment;
  if (name === null) return skipped('store', 'none is named (--store, TEMPORAL_KERNEL_STORE)');
  if (!isPostgresUrl(name) && !existsSync(name)) {
    const advice = 'the first worker or mirror that is given it makes it; see that the path is the one that is meant.';
    return wrong('store', 'warning', `there is no file ${name} yet`, advice);
  }
  const store = await session.store(name);
  return fine('store', `${withoutPassword(name)} opens, is durable, and is of tenant ${store.tenant}`);
}
