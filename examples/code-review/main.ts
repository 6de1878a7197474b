/** `npm run example -- code-review`: reviews a repository, and mends it where you approve. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mainOf } from '../agent/main-of';
import { runAgent } from '../agent/run-agent';
import { ScriptSchema } from '../../tools/scripted-model';
import { codeReview, REPOSITORY_VARIABLE } from './code-review';

void mainOf('Usage: npm run example -- code-review [REPOSITORY] [options]', async (options) => {
  const repository = options.rest[0] ?? sampleRepository();
  process.env[REPOSITORY_VARIABLE] = repository;
  await runAgent(
    {
      program: codeReview,
      workflowsPath: require.resolve('./workflows'),
      model: 'reviewer',
      prompt: 'Review this repository.',
      script: ScriptSchema.parse(JSON.parse(readFileSync(join(__dirname, 'script.json'), 'utf8'))),
    },
    options,
  );
  console.log(`\nwhat changed in ${repository}:`);
  execFileSync('git', ['-C', repository, '--no-pager', 'diff', '--stat'], { stdio: ['ignore', 'inherit', 'inherit'] });
});

/** A repository with two mistakes in it, to try this on. */
function sampleRepository(): string {
  const repository = mkdtempSync(join(tmpdir(), 'review-'));
  cpSync(join(__dirname, 'sample'), repository, { recursive: true });
  const git = (...args: string[]): void => {
    execFileSync('git', ['-C', repository, '-c', 'user.name=Shop', '-c', 'user.email=shop@example.com', ...args], {
      stdio: 'ignore',
    });
  };
  git('init');
  git('add', '.');
  git('commit', '-m', 'The shop');
  return repository;
}
