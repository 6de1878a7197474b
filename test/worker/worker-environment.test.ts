/** What a worker makes of its environment: pure, without a server. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DRAIN_MS,
  isWorkerEnvironmentError,
  loadConverter,
  loadPrograms,
  readWorkerEnvironment,
  type WorkerEnvironmentError,
  type WorkerVariable,
} from '../../src/worker-environment';

let directory: string;
let programs: string;
let workflows: string;

beforeAll(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'worker-environment-')));
  programs = file('programs.js', '');
  workflows = file('workflows.js', '');
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

describe('given only the programs', () => {
  test('when the environment is read, then everything else has its default', () => {
    expect(readWorkerEnvironment({ TEMPORAL_KERNEL_PROGRAMS: programs })).toEqual({
      address: 'localhost:7233',
      namespace: 'default',
      taskQueue: 'temporal-kernel',
      apiKey: null,
      tls: null,
      programsPath: programs,
      workflows: null,
      logLevel: 'INFO',
      maxCachedWorkflows: null,
      drainMs: DRAIN_MS,
      store: null,
      tenant: 'default',
      artifacts: null,
      dataConverterPath: null,
      metricsAddress: null,
    });
  });

  test('when a variable is empty, then it counts as not set', () => {
    const { namespace, tls } = read({ TEMPORAL_NAMESPACE: '', TEMPORAL_TLS: ' ' });
    expect([namespace, tls]).toEqual(['default', null]);
  });
});

describe('given every variable', () => {
  test('when the environment is read, then each one counts', () => {
    const environment = read({
      TEMPORAL_ADDRESS: 'temporal.example.com:443',
      TEMPORAL_NAMESPACE: 'audits',
      TEMPORAL_TASK_QUEUE: 'auditors',
      TEMPORAL_API_KEY: 'key',
      TEMPORAL_TLS: 'true',
      TEMPORAL_KERNEL_WORKFLOWS: workflows,
      TEMPORAL_KERNEL_LOG_LEVEL: 'warn',
      TEMPORAL_KERNEL_MAX_CACHED_WORKFLOWS: '0',
      TEMPORAL_KERNEL_DRAIN_MS: '1500',
      TEMPORAL_KERNEL_STORE: 'runs.db',
      TEMPORAL_KERNEL_TENANT: 'acme',
      TEMPORAL_KERNEL_ARTIFACTS: 'artifacts',
      TEMPORAL_KERNEL_DATA_CONVERTER: programs,
      TEMPORAL_KERNEL_METRICS: '127.0.0.1:9464',
    });
    expect(environment).toEqual({
      address: 'temporal.example.com:443',
      namespace: 'audits',
      taskQueue: 'auditors',
      apiKey: 'key',
      tls: true,
      programsPath: programs,
      workflows: { type: 'source', path: workflows },
      logLevel: 'WARN',
      maxCachedWorkflows: 0,
      drainMs: 1_500,
      store: 'runs.db',
      tenant: 'acme',
      artifacts: 'artifacts',
      dataConverterPath: programs,
      metricsAddress: '127.0.0.1:9464',
    });
  });

  test('when there is a bundle beside the workflows file, then the bundle is used', () => {
    const environment = read({ TEMPORAL_KERNEL_WORKFLOWS: workflows, TEMPORAL_KERNEL_WORKFLOW_BUNDLE: programs });
    expect(environment.workflows).toEqual({ type: 'bundle', path: programs });
  });

  test.each(['localhost', '127.0.0.1:7233', '[::1]:7233', 'temporal.example.com'])(
    'the address %s is taken',
    (address) => {
      expect(read({ TEMPORAL_ADDRESS: address }).address).toBe(address);
    },
  );
});

describe('given a variable that makes no sense', () => {
  test.each<[WorkerVariable, string]>([
    ['TEMPORAL_ADDRESS', 'http://localhost:7233'],
    ['TEMPORAL_ADDRESS', 'localhost:'],
    ['TEMPORAL_ADDRESS', 'localhost:70000'],
    ['TEMPORAL_ADDRESS', 'two words:1'],
    ['TEMPORAL_TLS', 'maybe'],
    ['TEMPORAL_KERNEL_LOG_LEVEL', 'loud'],
    ['TEMPORAL_KERNEL_MAX_CACHED_WORKFLOWS', '-1'],
    ['TEMPORAL_KERNEL_MAX_CACHED_WORKFLOWS', '1.5'],
    ['TEMPORAL_KERNEL_DRAIN_MS', '20s'],
    ['TEMPORAL_KERNEL_DRAIN_MS', '99999999999999999999'],
    ['TEMPORAL_KERNEL_TENANT', 'a\u0000b'],
    ['TEMPORAL_KERNEL_DATA_CONVERTER', 'nowhere.js'],
    ['TEMPORAL_KERNEL_METRICS', '127.0.0.1'],
    ['TEMPORAL_KERNEL_METRICS', 'http://localhost:9464'],
    ['TEMPORAL_KERNEL_PROGRAMS', 'nowhere.js'],
    ['TEMPORAL_KERNEL_PROGRAMS', '.'],
    ['TEMPORAL_KERNEL_WORKFLOWS', 'nowhere.js'],
    ['TEMPORAL_KERNEL_WORKFLOW_BUNDLE', 'nowhere.js'],
  ])('when %s is %j, then the error names it and says what to do', (variable, value) => {
    const error = errorOf(() => read({ [variable]: value }));
    expect(error.variable).toBe(variable);
    expect(error.message).toContain(`${variable} is ${JSON.stringify(value)}`);
    expect(error.message).toContain('What to do: ');
  });

  test('when there are no programs, then the error says that they are missing', () => {
    expect(errorOf(() => readWorkerEnvironment({})).message).toContain('TEMPORAL_KERNEL_PROGRAMS is not set');
  });
});

describe('given a module', () => {
  const asProgram = (name: string): string =>
    `{ name: '${name}', step() {}, reduce() {}, checkAction() {}, policy: {}, tools: {}, providers: {} }`;

  test('when it exports programs among other things, then the programs are found, each once', async () => {
    const one = `const one = ${asProgram('one')}; module.exports = { one, default: one, two: ${asProgram('two')}, three: 3 };`;
    const found = await loadPrograms(file('several.cjs', one));
    expect(found.map(({ name }) => name)).toEqual(['one', 'two']);
  });

  test('when it exports none, then the error says so', async () => {
    const error = await rejectionOf(loadPrograms(file('none.cjs', 'module.exports = { workflow: () => 1 };')));
    expect(error.message).toMatch(/TEMPORAL_KERNEL_PROGRAMS names .*none\.cjs, which exports no program/);
  });

  test('when it can not be loaded, then the error says why', async () => {
    const error = await rejectionOf(loadPrograms(file('broken.cjs', "throw new Error('out of tea');")));
    expect(error.variable).toBe('TEMPORAL_KERNEL_PROGRAMS');
    expect(error.message).toContain('out of tea');
  });
});

describe('given a module for the data converter', () => {
  test.each([
    ['under its name', 'exports.dataConverter = { payloadCodecs: [] };'],
    ['in its default export', 'module.exports = { default: { dataConverter: { payloadCodecs: [] } } };'],
  ])('when it exports one %s, then that is taken', async (_case, text) => {
    expect(await loadConverter(file('converter.cjs', text))).toEqual({ payloadCodecs: [] });
    rmSync(join(directory, 'converter.cjs'));
    jest.resetModules();
  });

  test('when it exports none, then the error says so', async () => {
    const error = await rejectionOf(loadConverter(file('no-converter.cjs', 'exports.codec = {};')));
    expect(error.message).toMatch(/TEMPORAL_KERNEL_DATA_CONVERTER names .*, which exports no `dataConverter`/);
  });
});

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

function read(env: NodeJS.ProcessEnv): ReturnType<typeof readWorkerEnvironment> {
  return readWorkerEnvironment({ TEMPORAL_KERNEL_PROGRAMS: programs, ...env });
}

function errorOf(reading: () => unknown): WorkerEnvironmentError {
  try {
    reading();
  } catch (error) {
    return asError(error);
  }
  throw new Error('there was no error');
}

async function rejectionOf(loading: Promise<unknown>): Promise<WorkerEnvironmentError> {
  return await loading.then(() => {
    throw new Error('there was no error');
  }, asError);
}

function asError(error: unknown): WorkerEnvironmentError {
  if (isWorkerEnvironmentError(error)) return error;
  throw error;
}
