/** Whoever answers an agent's questions: a person at the terminal, or nobody, who says yes or no to everything. */
import { createInterface } from 'node:readline/promises';
import type { PendingInterrupt } from '../../src';
import type { Ask, Json } from '../../src/kernel';

/** Shows what an agent asks, and gives the answer. */
export async function answerOf({ value }: PendingInterrupt, yes: boolean): Promise<Json> {
  const ask = (value as { readonly $ask?: Ask }).$ask;
  const question = ask?.question ?? JSON.stringify(value);
  const [good, bad] =
    ask?.kind === 'choice' ? [ask.options?.[0] ?? 'yes', ask.options?.[1] ?? 'no'] : ['approve', 'deny'];
  console.log(`\n? ${question}${ask?.reason === undefined ? '' : ` (${ask.reason})`}`);
  if (ask?.action !== undefined) console.log(JSON.stringify(ask.action, null, 2).replaceAll(/^/gm, '  '));
  if (!yes && process.stdin.isTTY) return (await typed(`  ${good} or ${bad}? `, good)) ? good : bad;
  console.log(`  ${yes ? good : bad}  (${yes ? '--yes' : 'there is no terminal to ask at: --yes says yes'})`);
  return yes ? good : bad;
}

async function typed(prompt: string, good: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = (await terminal.question(prompt)).trim().toLowerCase();
    return answer !== '' && (good.startsWith(answer) || answer === 'y' || answer === 'yes');
  } finally {
    terminal.close();
  }
}
