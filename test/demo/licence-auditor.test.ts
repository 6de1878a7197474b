/** The licence auditor on the in-process kernel, with real tools on made-up projects: no server. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { licenceAuditor, Question, type AuditState } from '../../examples/licence-auditor/licence-auditor';
import { Kernel, Machine, summaryOf, type ActionExecutor, type Json, type RunStatus } from '../../src/kernel';
import { MemoryStore } from '../../src/stores';
import { fileTree } from './file-tree';

const RUN = 'audit-1';

/** Packages of all the shapes that are met in the wild. */
const ODD_PACKAGES: Readonly<Record<string, unknown>> = {
  plain: { license: 'MIT' },
  'old-object': { license: { type: 'ISC', url: 'https://example.com' } },
  'old-list': { licenses: [{ type: 'GPL-2.0' }, { type: 'MIT' }] },
  'by-reference': { license: 'SEE LICENSE IN EULA.txt' },
  'file-only': { name: 'file-only' },
  nothing: {},
  unreadable: '{ "license": ',
  'not-an-object': 'null',
  hostile: { license: '\u001b[31mMIT\n| __proto__ \ud800' },
  copyleft: { license: 'GPL-3.0-or-later' },
};

const roots: string[] = [];

afterAll(() => {
  for (const root of roots) rmSync(root, { recursive: true });
});

describe('given packages of every odd shape', () => {
  test('when they are audited, then each has its licence, and people are asked about those that policy leaves open', async () => {
    const audit = new Audit(project(ODD_PACKAGES, { 'node_modules/file-only/LICENSE': 'Do as you like.' }, ['gone']));
    const asked = await audit.runAnswering('allow');
    expect(asked.map(({ licence, packages }) => [licence, ...packages])).toEqual([
      ['SEE LICENSE IN EULA.txt', 'by-reference@1.0.0'],
      ['unknown (only a LICENSE file)', 'file-only@1.0.0'],
      ['unknown (not installed)', 'gone@1.0.0'],
      ['[31mMIT | __proto__', 'hostile@1.0.0'],
      ['unknown (unreadable package.json)', 'not-an-object@1.0.0', 'unreadable@1.0.0'],
      ['unknown (none given)', 'nothing@1.0.0'],
    ]);
    const { families } = await audit.state();
    expect(families.filter(({ by }) => by === 'policy').map(({ licence, verdict }) => [licence, verdict])).toEqual([
      ['GPL-3.0-or-later', 'denied'],
      ['GPL-2.0 OR MIT', 'allowed'],
      ['ISC', 'allowed'],
      ['MIT', 'allowed'],
    ]);
    expect(families.filter(({ by }) => by === 'person').every(({ verdict }) => verdict === 'allowed')).toBe(true);
  });

  test('when the answer is deny, then the report lists those packages', async () => {
    const audit = new Audit(project({ plain: { license: 'MIT' }, odd: { license: 'WTFPL' } }));
    await audit.runAnswering('deny');
    const { report } = await audit.state();
    expect(readFileSync(report?.markdown ?? '', 'utf8')).toContain('## Denied: WTFPL\n\n- odd@1.0.0\n');
    expect(JSON.parse(readFileSync(report?.json ?? '', 'utf8'))).toMatchObject({ packages: 2, allowed: 1, denied: 1 });
  });
});

describe('given a lock file', () => {
  test('when it names workspaces, links and aliases, then only the dependencies are audited, by their real names', async () => {
    const root = tree({
      'package-lock.json': {
        packages: {
          '': { name: 'root' },
          'packages/own': { version: '1.0.0' },
          'node_modules/own': { link: true },
          'node_modules/alias': { name: 'real', version: '2.0.0' },
          'node_modules/a/node_modules/@scope/b': { version: '3.0.0' },
        },
      },
      'node_modules/alias/package.json': { license: 'MIT' },
      'node_modules/a/node_modules/@scope/b/package.json': { license: 'MIT' },
    });
    const audit = new Audit(root);
    await audit.runAnswering('deny');
    expect((await audit.state()).families).toMatchObject([
      { licence: 'MIT', packages: ['real@2.0.0', '@scope/b@3.0.0'] },
    ]);
  });

  test('when it lists nothing, then the run completes and asks nothing', async () => {
    const audit = new Audit(tree({ 'package-lock.json': { packages: { '': {} } } }));
    expect(await audit.runAnswering('deny')).toEqual([]);
  });

  test.each([
    ['is missing', {}, 'npm install'],
    ['is an old one', { 'package-lock.json': { dependencies: {} } }, 'not a lock file of npm 7'],
    ['is no JSON', { 'package-lock.json': '<<<<<<< HEAD' }, 'not a lock file of npm 7'],
  ])('when it %s, then the run fails and says what to do', async (_case, files, says) => {
    const status = await new Audit(tree(files)).start();
    expect(status).toMatchObject({ status: 'failed', error: expect.stringContaining(says) as unknown });
  });
});

describe('given tools that fail on purpose', () => {
  test('when they are retried, then the log and the report are those of a run in which nothing failed', async () => {
    const root = project(Object.fromEntries(numbered(120).map((name) => [name, { license: 'MIT' }])));
    const audits = [new Audit(root, 0.9), new Audit(root, 0.9)];
    for (const audit of audits) await audit.runAnswering('deny');
    const [first, second] = await Promise.all(audits.map((audit) => audit.events()));
    expect(first).toEqual(second);
    expect(first?.filter(({ event }) => event.type === 'ActionFailed')).toEqual([]);
    expect(audits[0]?.executor.attempts).toBeGreaterThan(audits[0]?.executor.actions ?? 0);
    expect(audits[0]?.executor.attempts).toBe(audits[1]?.executor.attempts);
  });

  test('when the report is written twice, then its bytes are the same', async () => {
    const audit = new Audit(project(ODD_PACKAGES));
    await audit.runAnswering('deny');
    const { report, families, reportTo } = await audit.state();
    const before = [report?.markdown ?? '', report?.json ?? ''].map((path) => readFileSync(path, 'utf8'));
    await audit.executor.call('writeReport', { directory: reportTo, families });
    expect([report?.markdown ?? '', report?.json ?? ''].map((path) => readFileSync(path, 'utf8'))).toEqual(before);
  });
});

describe('given a run that asks', () => {
  test('when the answer is neither allow nor deny, then it is refused and the run still asks', async () => {
    const audit = new Audit(project({ odd: { license: 'WTFPL' } }));
    await audit.start();
    await expect(audit.resume('perhaps')).rejects.toMatchObject({ code: 'InvalidAnswer' });
    expect(await audit.resume('allow')).toMatchObject({ status: 'completed' });
  });
});

describe('given an answer that nobody asked for', () => {
  test('when it arrives early, then it changes nothing', () => {
    const machine = Machine.start(licenceAuditor, RUN, { project: '/p', reportTo: '/r' });
    const before = machine.state;
    expect(machine.deliver({ type: 'resume', value: 'allow' })).toBeNull();
    expect(machine.state).toEqual(before);
  });
});

describe('given a batch', () => {
  test('when somebody looks at the run, then the summary says which packages it reads', () => {
    const packages = [1, 2, 3].map((n) => ({ id: `p${n}@1.0.0`, path: `node_modules/p${n}` }));
    const input: Json = { project: '/p', packages, from: 51, total: 594, flaky: 0 };
    expect(summaryOf(licenceAuditor, { type: 'CallTool', tool: 'readLicences', input })).toBe(
      'read licences 51-53 of 594',
    );
  });
});

/** One audit on the in-process kernel. */
class Audit {
  readonly executor = new ToolExecutor();
  readonly #store = new MemoryStore();
  readonly #initialState: { project: string; reportTo: string; flaky: number };
  readonly #kernel = new Kernel({
    program: licenceAuditor,
    events: this.#store,
    executor: this.executor,
    pause: () => Promise.resolve(),
  });

  constructor(root: string, flaky = 0) {
    this.#initialState = { project: root, reportTo: join(root, 'report'), flaky };
  }

  async start(): Promise<RunStatus> {
    return await this.#kernel.runUntilBlocked(RUN, this.#initialState);
  }

  async resume(value: string): Promise<RunStatus> {
    return await this.#kernel.resume(RUN, this.#initialState, { type: 'resume', value });
  }

  /** Runs to the end, always with the same answer; gives what was asked. */
  async runAnswering(answer: 'allow' | 'deny'): Promise<{ licence: string; packages: string[] }[]> {
    const asked = [];
    let status = await this.start();
    while (status.status === 'blocked') {
      asked.push(Question.parse(status.blocked.interrupt?.value));
      status = await this.resume(answer);
    }
    expect(status).toEqual({ status: 'completed' });
    return asked;
  }

  async state(): Promise<AuditState> {
    return (await this.#kernel.replay(RUN, this.#initialState)) as unknown as AuditState;
  }

  async events() {
    return await this.#store.scan(RUN, 1);
  }
}

/** Calls the tools, and counts. */
class ToolExecutor implements ActionExecutor {
  readonly #attempts = new Map<string, number>();

  get actions(): number {
    return this.#attempts.size;
  }

  get attempts(): number {
    return [...this.#attempts.values()].reduce((sum, attempt) => sum + attempt, 0);
  }

  async execute(...[, action, actionId]: Parameters<ActionExecutor['execute']>) {
    if (action.type !== 'CallTool') throw new Error(`no executor for ${action.type}`);
    return { type: 'success' as const, output: await this.call(action.tool, action.input, actionId) };
  }

  async call(tool: string, input: unknown, actionId = 'action'): Promise<Json> {
    const attempt = (this.#attempts.get(actionId) ?? 0) + 1;
    this.#attempts.set(actionId, attempt);
    const { signal } = new AbortController();
    const context = { runId: RUN, actionId, attempt, signal, artifacts: null, heartbeat: () => undefined };
    return (await licenceAuditor.tools[tool]?.run?.(input as never, context)) as Json;
  }
}

/** A project with these packages installed, and some that are only in its lock file. */
function project(
  packages: Readonly<Record<string, unknown>>,
  files: Readonly<Record<string, unknown>> = {},
  notInstalled: readonly string[] = [],
): string {
  const names = [...Object.keys(packages), ...notInstalled].sort();
  return tree({
    'package-lock.json': {
      packages: Object.fromEntries(names.map((name) => [`node_modules/${name}`, { version: '1.0.0' }])),
    },
    ...Object.fromEntries(Object.entries(packages).map(([name, json]) => [`node_modules/${name}/package.json`, json])),
    ...files,
  });
}

function tree(files: Readonly<Record<string, unknown>>): string {
  const root = fileTree(files);
  roots.push(root);
  return root;
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `package-${String(index).padStart(3, '0')}`);
}
