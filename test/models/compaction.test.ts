import fc from 'fast-check';
import { ARTIFACT_TAG } from '../../src/kernel';
import { COMPACTION_INSTRUCTION, SUMMARY_HEADING } from '../../src/models';
import { cutOf } from '../../src/models/compact-task';
import { illegalBecause } from '../../src/models/legal-transcript';
import type { Message } from '../../src/models/message';
import { result, scenes, user, type ModelScene } from './model-scene';

const scene = scenes();

/** Two calls, their results, and an answer: seven messages. */
async function conversation(open: ModelScene): Promise<string> {
  const asked = await open.answer([{ role: 'system', text: 'Be brief.' }, user('Look up a and b')]);
  const said = await open.answer([result('c1', 'A'), result('c2', 'B', true)], asked.transcript);
  const { transcript } = await open.answer([user('Thanks')], said.transcript);
  return transcript;
}

const SCRIPT = [
  { when: '[user]', text: 'The user asked for a and b. a is A, b failed.', usage: { input: 70, output: 30 } },
  {
    calls: [
      { tool: 'lookUp', arguments: { word: 'a' }, id: 'c1' },
      { tool: 'lookUp', arguments: { word: 'b' }, id: 'c2' },
    ],
  },
  { text: 'a is A.' },
  { text: 'Welcome.' },
];

describe('compaction', () => {
  it('leaves calls that are under way where they are, and the conversation goes on with their results', async () => {
    const open = await scene([
      { when: '[user]', text: 'They talked.' },
      { text: 'One.' },
      { text: 'Two.' },
      { calls: [{ tool: 'lookUp', arguments: { word: 'c' }, id: 'c1' }] },
    ]);
    const one = await open.answer([{ role: 'system', text: 'Be brief.' }, user('One?')]);
    const two = await open.answer([user('Two?')], one.transcript);
    const asked = await open.answer([user('And c?')], two.transcript);
    const compacted = await open.compact(asked.transcript, 1);
    expect(compacted).toMatchObject({ before: 7, after: 3 });
    const done = await open.answer([result('c1', 'C')], compacted.transcript);
    expect(done.text).toBe('Two.');
  });

  it('puts a summary in the place of what is old, and keeps the rest by its address', async () => {
    const open = await scene(SCRIPT);
    const transcript = await conversation(open);
    const compacted = await open.compact(transcript, 3);
    expect(compacted).toMatchObject({
      task: 'compact',
      before: 8,
      after: 5,
      kept: 4,
      model: 'scripted-1',
      usage: { inputTokens: 70, outputTokens: 30, totalTokens: 100 },
    });
    expect(await open.messages(compacted.transcript)).toEqual([
      { role: 'system', text: 'Be brief.' },
      { role: 'user', text: `${SUMMARY_HEADING}\n\nThe user asked for a and b. a is A, b failed.` },
      { role: 'assistant', text: 'a is A.', calls: [] },
      { role: 'user', text: 'Thanks' },
      { role: 'assistant', text: 'Welcome.', calls: [] },
    ]);
    const asked = open.server.requests.at(-1)!.body.messages;
    expect(asked[0]).toEqual({ role: 'system', content: COMPACTION_INSTRUCTION });
    expect(asked[1]?.content).toContain('[assistant calls lookUp, c1]\n{"word":"a"}');
    expect(asked[1]?.content).toContain('[failure of lookUp, c2]\nB');
    // The same again has the same addresses, and what stays is not stored twice.
    expect(await open.compact(transcript, 3)).toEqual(compacted);
    expect(compacted.stored.map((ref) => ref[ARTIFACT_TAG].address)).toContain(compacted.transcript);
    expect(compacted.stored).toHaveLength(2);
  });

  it('never cuts a result off from its call, and the conversation goes on', async () => {
    const open = await scene([...SCRIPT, { text: 'And on.' }]);
    const transcript = await conversation(open);
    // Four from the end is a result: its call and the other result stay too, so nothing but one message is old.
    const same = await open.compact(transcript, 4);
    expect(same).toMatchObject({ transcript, stored: [], before: 8, after: 8, kept: 8, usage: { totalTokens: 0 } });
    const shorter = await open.compact(transcript, 1);
    const said = await open.answer([user('Go on')], shorter.transcript);
    // Counted by its answers, the conversation is at its second turn again.
    expect(said.text).toBe('a is A.');
    expect(open.server.requests.every(({ illegal }) => illegal === null)).toBe(true);
  });

  it('of a secret result has no secret in the summary', async () => {
    const open = await scene([
      { when: '[user]', text: 'The password is swordfish.' },
      { calls: [{ tool: 'lookUp', arguments: { word: 'password' }, id: 'c1' }] },
      { text: 'I have it.' },
    ]);
    const asked = await open.answer([user('Get the password')]);
    const kept = await open.artifacts.put('swordfish', { secret: true });
    const said = await open.answer([result('c1', { ...kept })], asked.transcript);
    const compacted = await open.compact(said.transcript, 1);
    expect(JSON.stringify(await open.messages(compacted.transcript))).toContain('The password is [secret].');
  });

  it('with an empty summary fails, and another attempt may help', async () => {
    const open = await scene([{ when: '[user]', text: '' }, { text: 'One' }, { text: 'Two' }]);
    const { transcript } = await open.answer([user('1')]);
    const { transcript: longer } = await open.answer([user('2')], transcript);
    await expect(open.compact(longer, 1)).rejects.toMatchObject({ kind: 'transient' });
  });
});

describe('a cut', () => {
  /** Any legal conversation: answers with up to three calls, all of them answered. */
  const turns = fc.array(fc.oneof(fc.constant('user' as const), fc.nat(3)), { minLength: 1, maxLength: 12 });

  it('leaves a legal conversation, whatever was said and however much stays', () => {
    fc.assert(
      fc.property(turns, fc.boolean(), fc.integer({ min: 1, max: 30 }), (said, hasSystem, keep) => {
        const messages: Message[] = hasSystem ? [{ role: 'system', text: 's' }] : [];
        for (const [at, turn] of said.entries()) {
          if (turn === 'user') {
            messages.push({ role: 'user', text: String(at) });
            continue;
          }
          const ids = Array.from({ length: turn }, (_, call) => `${at}-${call}`);
          messages.push({
            role: 'assistant',
            text: 'a',
            calls: ids.map((callId) => ({ callId, tool: 't', input: {} })),
          });
          messages.push(
            ...ids.map((callId) => ({ role: 'tool' as const, callId, tool: 't', result: 1, isError: false })),
          );
        }
        const { head, old, tail } = cutOf(messages, keep);
        expect([...head, ...old, ...tail]).toEqual(messages);
        expect(tail.length).toBeGreaterThanOrEqual(Math.min(keep, messages.length - head.length));
        expect(illegalBecause([...head, { role: 'user', text: 'summary' }, ...tail])).toBeNull();
      }),
    );
  });
});
