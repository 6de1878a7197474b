/** A model that never was: it keeps conversations by their addresses, looks at each as it would be shown, and answers what it is told to. */
import type { Answer, Compaction, Entry, ModelCall, ToolCall } from '../../src/agents';
import { sha256Hex } from '../../src/kernel/hash';
import { illegalIn, type Said } from './legal-transcript';

/** What it answers. */
export interface Reply {
  readonly calls: readonly Pick<ToolCall, 'tool' | 'input' | 'refused'>[];
  readonly finish: Answer['finish'];
  readonly tokens: number;
}

export class FakeModel {
  /** Why what it was shown was illegal, each time that it was. */
  readonly complaints: string[] = [];
  readonly shown: (readonly Said[])[] = [];
  readonly #conversations = new Map<string, readonly Said[]>();
  #replies = 0;

  /** @returns the output of the call */
  answer(call: ModelCall, reply: Reply): Answer | Compaction {
    const known = call.transcript === null ? [] : this.#conversation(call.transcript);
    const usage = {
      inputTokens: reply.tokens,
      outputTokens: 0,
      totalTokens: reply.tokens,
      costUsd: reply.tokens / 1_000,
    };
    if (call.task === 'compact') {
      const last = known.at(-1);
      const isOpen = last?.role === 'assistant' && last.callIds.length > 0;
      const open = illegalIn([...(isOpen ? known.slice(0, -1) : known), { role: 'user' }]);
      if (open !== null) this.complaints.push(`to be made shorter: ${open}`);
      return this.#compacted(known, call.keep, usage);
    }
    const asked = [...known, ...call.entries.map(saidOf)];
    this.shown.push(asked);
    const complaint = illegalIn(asked);
    if (complaint !== null) this.complaints.push(complaint);
    this.#replies += 1;
    const calls = reply.calls.map((one, at) => ({ ...one, callId: `call-${this.#replies}-${at}` }));
    const answered: Said[] = [...asked, { role: 'assistant', callIds: calls.map(({ callId }) => callId) }];
    return {
      task: 'answer',
      transcript: this.#keep(answered),
      stored: [],
      text: `answer ${this.#replies}`,
      calls,
      finish: reply.finish,
      model: 'fake',
      usage,
    };
  }

  #compacted(known: readonly Said[], keep: number, usage: Answer['usage']): Compaction {
    let cut = Math.max(1, known.length - keep);
    while (known[cut]?.role === 'tool') cut -= 1;
    const shorter: Said[] = cut <= 1 ? [...known] : [...known.slice(0, 1), { role: 'user' }, ...known.slice(cut)];
    return {
      task: 'compact',
      transcript: this.#keep(shorter),
      stored: [],
      before: known.length,
      after: shorter.length,
      kept: known.length - cut,
      model: 'fake',
      usage,
    };
  }

  #conversation(address: string): readonly Said[] {
    const known = this.#conversations.get(address);
    if (known === undefined) throw new Error(`nobody has said ${address}`);
    return known;
  }

  #keep(messages: readonly Said[]): string {
    const address = `sha256:${sha256Hex(JSON.stringify(messages))}`;
    this.#conversations.set(address, messages);
    return address;
  }
}

function saidOf(entry: Entry): Said {
  return entry.role === 'tool' ? { role: 'tool', callId: entry.callId } : { role: entry.role };
}
