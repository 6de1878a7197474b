/** Whoever answers the auditor's questions: a person at the terminal, or nobody, who always says the same. */
import { createInterface } from 'node:readline/promises';
import { Question } from '../licence-auditor';
import type { DemoOptions } from './options';

export type Answer = 'allow' | 'deny';

/** Shows a question and gives the answer. */
export type Person = (question: unknown, signal: AbortSignal) => Promise<Answer>;

/** The person that the options and the terminal make. */
export function personFor({ answer }: DemoOptions, say: (line: string) => void): Person {
  const atTerminal = process.stdin.isTTY && (process.stdout.isTTY || process.stderr.isTTY);
  return async (asked, signal) => {
    const { question, packages, more } = Question.parse(asked);
    say('');
    say(`  ? ${question}`);
    for (const id of packages) say(`      ${id}`);
    if (more > 0) say(`      and ${more} more`);
    if (answer === null && atTerminal) return await askAtTerminal(signal);
    say(`    ${answer ?? 'deny'}  (${answer === null ? 'there is no terminal to ask at' : `--answer ${answer}`})`);
    return answer ?? 'deny';
  };
}

async function askAtTerminal(signal: AbortSignal): Promise<Answer> {
  const terminal = createInterface({
    input: process.stdin,
    output: process.stdout.isTTY ? process.stdout : process.stderr,
  });
  // At its prompt readline takes Ctrl-C for itself, and an end of input answers nothing.
  const given = new AbortController();
  terminal.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  terminal.once('close', () => {
    given.abort();
  });
  try {
    for (;;) {
      const text = await terminal.question('    allow or deny? ', { signal: AbortSignal.any([signal, given.signal]) });
      const answer = text.trim().toLowerCase();
      if (answer === 'allow' || answer === 'a') return 'allow';
      if (answer === 'deny' || answer === 'd') return 'deny';
    }
  } catch (error) {
    if (signal.aborted || !given.signal.aborted) throw error;
    throw new Error('the terminal was closed before the question was answered', { cause: error });
  } finally {
    terminal.close();
  }
}
