/** The command line in process, where no server is needed: wrong usage, what errors mean, colours, and what a terminal must not see. */
import { KernelError } from '../../src/kernel';
import { runCommandLine } from '../../src/cli/command-line';
import { failureOf } from '../../src/cli/failure';
import { excerpt } from '../../src/cli/characters';
import { jsonDifferences } from '../../src/cli/json-difference';
import { Terminal } from '../../src/cli/terminal';
import { VERBS } from '../../src/cli/verbs';

/** A stream that keeps what is written to it. */
function keeping(isTTY = false): { readonly isTTY: boolean; text: string; write(text: string): void } {
  return {
    isTTY,
    text: '',
    write(text) {
      this.text += text;
    },
  };
}

async function called(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const [stdout, stderr] = [keeping(), keeping()];
  const code = await runCommandLine(args, { verbs: VERBS, stdout, stderr, env });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

describe('given a command line that can not work', () => {
  const programs = require.resolve('../support/player');
  test.each<[string, readonly string[], number, RegExp]>([
    ['no verb', [], 2, /Usage: temporal-kernel/],
    ['a wrong flag', ['show', 'run', '--twice'], 2, /unknown option '--twice'/],
    ['a verb that is none', ['shwo'], 2, /Did you mean show/],
    ['no argument', ['answer', 'run'], 2, /missing required argument 'VALUE'/],
    ['too many arguments', ['cancel', 'one', 'two'], 2, /too many arguments/],
    ['no such file', ['verify', 'nowhere.json'], 4, /there is no file nowhere\.json/],
    ['no such store', ['show', 'run', '--store', 'nowhere.db'], 4, /there is no store nowhere\.db/],
    ['a store that is not named', ['show', 'run', '--store'], 2, /--store names none[^]*TEMPORAL_KERNEL_STORE/],
    ['no programs', ['show', 'run'], 2, /no programs are named[^]*--programs FILE/],
    ['programs that are not there', ['programs', '--programs', 'nowhere.js'], 2, /^--programs: .*there is no file/],
    ['an unknown program', ['start', 'nothing', '--programs', programs], 4, /no program "nothing" is known here/],
    ['no JSON', ['answer', 'run', 'yes'], 2, /the answer is not JSON[^]*in quotes for the shell/],
    ['no file of JSON', ['answer', 'run', '@nowhere.json'], 4, /nowhere\.json can't be read/],
    ['a limit that is none', ['events', 'run', '--limit', '0'], 2, /give a whole number from 1 to 10000/],
    ['a status that is none', ['runs', '--status', 'happy'], 2, /give one of running, completed/],
    ['an address that is none', ['runs', '--program', 'a', '--address', 'http://x'], 2, /^--address: [^]*host:port/],
    ['a tenant that is none', ['show', 'run', '--tenant', 'a\u0000b', '--programs', programs], 2, /^--tenant: /],
  ])('when there is %s, then the code says so, and the text says what to do', async (_case, args, code, says) => {
    const ended = await called(args);
    expect([ended.code, ended.stdout]).toEqual([code, '']);
    expect(ended.stderr).toMatch(says);
  });

  test('when JSON is asked for, then the error is a line of JSON', async () => {
    const { code, stderr } = await called(['show', 'nowhere.json', '--json']);
    expect(code).toBe(4);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'notFound', exitCode: 4, message: expect.any(String) } });
  });
});

describe('given an error', () => {
  test.each<[ConstructorParameters<typeof KernelError>[0], number]>([
    ['WorkerUnavailable', 3],
    ['StoreBusy', 3],
    ['RunNotFound', 4],
    ['UnknownProgramVersion', 4],
    ['InvalidAnswer', 5],
    ['RunFinished', 5],
    ['LogCorrupt', 6],
    ['HistoryMismatch', 6],
    ['ReplayMismatch', 1],
  ])('when it is %s, then the exit code is %i', (code, exitCode) => {
    expect(failureOf(new KernelError(code, 'why'))).toMatchObject({ code, exitCode });
  });

  test('when it is a fault of ours, then its place is told', () => {
    expect(failureOf(new TypeError('oops'))).toMatchObject({
      exitCode: 70,
      message: expect.stringMatching(/oops\n +at /),
    });
  });

  test('when a server refuses or is gone, then it is out of reach', () => {
    const grpc = (code: number) => Object.assign(new Error('no'), { code, details: 'no' });
    expect([7, 16, 14, 4].map((code) => failureOf(new Error('wrapped', { cause: grpc(code) })).exitCode)).toEqual([
      3, 3, 3, 3,
    ]);
  });
});

describe('given a terminal', () => {
  const styled = (isTTY: boolean, env: NodeJS.ProcessEnv): string => {
    const stdout = keeping(isTTY);
    const terminal = new Terminal(false, stdout, keeping(), env);
    terminal.line(terminal.styled('red', 'stop'));
    return stdout.text;
  };

  test('when it is one, then there are colours; in a file, or with NO_COLOR, there are none', () => {
    expect(styled(true, {})).toBe('\u001B[31mstop\u001B[0m\n');
    expect(styled(false, {})).toBe('stop\n');
    expect(styled(true, { NO_COLOR: '1' })).toBe('stop\n');
    expect(styled(true, { TERM: 'dumb' })).toBe('stop\n');
  });

  test('when a run holds what a terminal would obey, then it is made harmless', () => {
    const stdout = keeping(true);
    const terminal = new Terminal(false, stdout, keeping(), {});
    terminal.line(`a\u001B[2Jb\u001B]0;title\u0007c\rd\u009B1m\u202Ee`);
    expect(stdout.text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E]/); // eslint-disable-line no-control-regex
    expect(stdout.text).toMatch(/^ab.*c\\u000dd.*\\u202ee\n$/);
  });

  test('when a text is too long, then it is cut between characters', () => {
    expect(excerpt('👩‍👩‍👧‍👧👍🏽é', 3)).toBe('👩‍👩‍👧‍👧👍🏽é');
    expect(excerpt('👩‍👩‍👧‍👧👍🏽éx', 3)).toBe('👩‍👩‍👧‍👧👍🏽…');
  });
});

describe('given two values', () => {
  test('when they are compared, then every place is told, whatever its name', () => {
    const a = JSON.parse('{"same":[1,{"x":1}],"gone":null,"a/b":{"__proto__":1},"list":[1,2]}') as never;
    const b = JSON.parse('{"same":[1,{"x":1}],"a/b":{"__proto__":2},"list":[1],"new":[]}') as never;
    expect(jsonDifferences(a, b, 10)).toEqual([
      { path: '/gone', a: null },
      { path: '/a~1b/__proto__', a: 1, b: 2 },
      { path: '/list/1', a: 2 },
      { path: '/new', b: [] },
    ]);
    expect(jsonDifferences(a, b, 2)).toHaveLength(2);
    expect(jsonDifferences([], {}, 2)).toEqual([{ path: '', a: [], b: {} }]);
  });
});
