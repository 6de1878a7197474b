/** Conversations in artifacts: what they cost, what they say, and what is found when something in them is not what it was. */
import fc from 'fast-check';
import {
  addressOf,
  JsonArtifacts,
  MemoryArtifacts,
  type ArtifactMemory,
  type ArtifactStore,
} from '../../src/artifacts';
import {
  ARTIFACT_TAG,
  canonicalJson,
  DEFAULT_TENANT,
  type Address,
  type ArtifactRef,
  type Json,
} from '../../src/kernel';
import { Transcripts, type TranscriptMessage } from '../../src/models/transcript';
import { PAGE_MESSAGES } from '../../src/models/transcript-page';
import { CACHE_ENTRY_BYTES, ValueCache } from '../../src/models/value-cache';
import { kernelError } from '../kernel/kernel-error-matcher';

/** A store that counts what is asked of it. */
class Counted implements ArtifactStore {
  readonly memory: ArtifactMemory = new Map();
  readonly #inner = new MemoryArtifacts(DEFAULT_TENANT, this.memory);
  reads = 0;
  bytesPut = 0;

  putBytes(content: Uint8Array): Promise<Address> {
    this.bytesPut += content.length;
    return this.#inner.putBytes(content);
  }

  getBytes(address: Address): Promise<Uint8Array> {
    this.reads += 1;
    return this.#inner.getBytes(address);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  get contents(): Map<Address, Uint8Array> {
    return this.memory.get(DEFAULT_TENANT)!;
  }
}

let store: Counted;
let artifacts: JsonArtifacts;
let transcripts: Transcripts;
beforeEach(() => {
  store = new Counted();
  artifacts = new JsonArtifacts(store);
  transcripts = new Transcripts(artifacts);
});

/** Messages of one length, each another one. */
const message = (at: number): TranscriptMessage => ({ role: 'user', text: `message ${String(at).padStart(6, '0')}` });
const messages = (count: number): readonly TranscriptMessage[] => Array.from({ length: count }, (_, at) => message(at));
const bytesOf = (refs: readonly ArtifactRef[]): number => refs.reduce((sum, ref) => sum + ref[ARTIFACT_TAG].bytes, 0);
const values = async (of: Transcripts, head: Address): Promise<readonly Json[]> =>
  (await of.read(head)).map(({ value }) => value);

async function appendedOneByOne(count: number): Promise<readonly { head: Address; bytes: number }[]> {
  const steps: { head: Address; bytes: number }[] = [];
  for (const one of messages(count)) {
    const before = store.bytesPut;
    const { head, stored } = await transcripts.append(steps.at(-1)?.head ?? null, [one]);
    steps.push({ head, bytes: bytesOf(stored) });
    // What is said to be stored is what was.
    expect(store.bytesPut - before).toBe(bytesOf(stored));
  }
  return steps;
}

/** Puts a value there past every check but the store's own. */
async function forged(value: Json): Promise<Address> {
  return (await artifacts.put(value))[ARTIFACT_TAG].address;
}

const page = (length: number, before: Address | null, addresses: readonly Json[]): Json => ({
  $transcript: 1,
  length,
  before,
  messages: addresses,
});

describe('given 2,000 messages that are appended one by one', () => {
  test('then the last costs what the first did, nothing is read, and all are read in order', async () => {
    const steps = await appendedOneByOne(2_000);

    const bytes = steps.map((step) => step.bytes);
    // Thirty-two appends fill a page; so many together cost the same wherever in the conversation they are.
    const pages = Array.from({ length: 62 }, (_, at) =>
      bytes.slice(at * PAGE_MESSAGES, (at + 1) * PAGE_MESSAGES).reduce((sum, one) => sum + one, 0),
    );
    expect(Math.max(...pages) / Math.min(...pages)).toBeLessThan(1.1);
    expect(Math.max(...bytes)).toBeLessThan(2_700);
    expect(Math.max(...pages) / PAGE_MESSAGES).toBeLessThan(1_500);
    expect(store.reads).toBe(0);

    const fresh = new Transcripts(artifacts);
    const { head } = steps.at(-1)!;
    expect(await values(fresh, head)).toEqual(messages(2_000));
    expect(await transcripts.lengthOf(head)).toBe(2_000);
    expect(await values(fresh, steps[999]!.head)).toEqual(messages(1_000));
  });

  test('then appending to it in another worker reads one page', async () => {
    const { head } = await transcripts.append(null, messages(2_000));
    await new Transcripts(artifacts).append(head, [message(2_000)]);
    expect(store.reads).toBe(1);
  });
});

test('given any messages, when they are appended in any portions, then head and content are the same', async () => {
  const anyText = fc.string({ unit: 'grapheme', maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(fc.array(anyText, { minLength: 1, maxLength: 150 }), fc.array(fc.nat(60)), async (texts, cuts) => {
      const all = texts.map((text, at): TranscriptMessage => ({ role: at % 2 === 0 ? 'user' : 'assistant', text }));
      const whole = await new Transcripts(artifacts).append(null, all);
      const portioned = new Transcripts(artifacts, new ValueCache(0));
      let head: Address | null = null;
      let rest = all;
      for (const cut of [...cuts, all.length]) {
        const portion = rest.slice(0, cut);
        rest = rest.slice(cut);
        if (head !== null || portion.length > 0) ({ head } = await portioned.append(head, portion));
      }
      expect(head).toBe(whole.head);
      expect(await values(portioned, whole.head)).toEqual(all);
    }),
    { numRuns: 30 },
  );
});

test('given one beginning, when it is continued twice, then there are two conversations, and what they share is stored once', async () => {
  const beginning = await transcripts.append(null, messages(40));
  const before = store.contents.size;
  const left = await transcripts.append(beginning.head, [message(100)]);
  const right = await transcripts.append(beginning.head, [message(200)]);
  expect(store.contents.size - before).toBe(4);
  expect((await values(transcripts, left.head)).at(-1)).toEqual(message(100));
  expect((await values(transcripts, right.head)).at(-1)).toEqual(message(200));
  expect(await values(transcripts, beginning.head)).toEqual(messages(40));
});

test('given a message that is appended again, then both stand in the conversation, and it is stored once', async () => {
  const { head, stored } = await transcripts.append(null, [message(1), message(2), message(1)]);
  expect(stored.length).toBe(3);
  expect(await values(transcripts, head)).toEqual([message(1), message(2), message(1)]);
});

describe('given a secret message', () => {
  const secret: TranscriptMessage = { role: 'tool', result: 'the key is 4711' };

  test('then it says so when it is read, and its address tells nothing of it', async () => {
    const { head } = await transcripts.append(null, [message(1), { secret }]);
    for (const reader of [transcripts, new Transcripts(artifacts)]) {
      expect(await reader.read(head)).toMatchObject([
        { value: message(1), isSecret: false },
        { value: secret, isSecret: true },
      ]);
    }
    expect(store.contents.has(addressOf(Buffer.from(canonicalJson(secret))))).toBe(false);
    expect((await transcripts.append(null, [message(1), { secret }])).head).not.toBe(head);
  });

  test('then a shorter conversation takes it over as it is kept: it stays secret, and is not stored again', async () => {
    const long = await transcripts.append(null, [...messages(10), { secret }]);
    const tail = (await transcripts.read(long.head)).slice(-2);
    const short = await transcripts.append(null, [message(99), ...tail]);
    expect(short.stored.length).toBe(2);
    expect(await transcripts.read(short.head)).toMatchObject([
      { value: message(99) },
      { value: message(9), isSecret: false },
      { value: secret, isSecret: true },
    ]);
  });
});

describe('given an artifact in the middle that is not there any more, or another one', () => {
  const DAMAGES: readonly (readonly [string, 'ArtifactMissing' | 'ArtifactChanged', (address: Address) => void])[] = [
    ['missing', 'ArtifactMissing', (address) => store.contents.delete(address)],
    ['changed', 'ArtifactChanged', (address) => store.contents.set(address, Buffer.from('{"role":"user"}'))],
  ];

  test.each(DAMAGES)('when a message is %s, then the error names its address', async (_, code, damage) => {
    const { head } = await transcripts.append(null, messages(100));
    const { address } = (await transcripts.read(head))[50]!;
    damage(address);
    const failing = new Transcripts(artifacts).read(head);
    await expect(failing).rejects.toEqual(kernelError(code));
    await expect(failing).rejects.toThrow(address);
  });

  test.each(DAMAGES)('when a page is %s, then the error names its address', async (_, code, damage) => {
    const { head: middle } = await transcripts.append(null, messages(64));
    const { head } = await transcripts.append(middle, messages(64));
    damage(middle);
    const failing = new Transcripts(artifacts).read(head);
    await expect(failing).rejects.toEqual(kernelError(code));
    await expect(failing).rejects.toThrow(middle);
    await expect(new Transcripts(artifacts).append(middle, messages(1))).rejects.toEqual(kernelError(code));
  });
});

describe('given an artifact that is no page, then it is an error that names it', () => {
  const ADDRESS = addressOf(Buffer.from('{}'));
  const FULL = Array.from({ length: PAGE_MESSAGES }, () => ADDRESS);

  test.each<[string, Json]>([
    ['a message', { role: 'user', text: 'x' }],
    ['a text', 'text'],
    ['a list', []],
    ['null', null],
    ['an empty page', page(0, null, [])],
    ['a page of a later form', { ...(page(1, null, [ADDRESS]) as object), $transcript: 2 }],
    ['a page with a member too many', { ...(page(1, null, [ADDRESS]) as object), more: 1 }],
    ['a page without what is before it', { $transcript: 1, length: 1, messages: [ADDRESS] }],
    ['a page with too many messages', page(33, null, [...FULL, ADDRESS])],
    ['a page that says that it is longer', page(2, null, [ADDRESS])],
    ['a page that says that it is shorter', page(1, null, [ADDRESS, ADDRESS])],
    ['a page with a length that is none', page(1.5, null, [ADDRESS])],
    ['a page that is longer than a conversation can be', page(100_001, ADDRESS, [ADDRESS])],
    ['a first page with one before it', page(1, ADDRESS, [ADDRESS])],
    ['a later page without one before it', page(33, null, [ADDRESS])],
    ['a page behind what is no address', page(33, 'sha256:../../x', [ADDRESS])],
    ['a page of what are no addresses', page(1, null, ['sha256:../../x'])],
    ['a page of what is no list', { ...(page(1, null, []) as object), messages: { 0: ADDRESS } }],
  ])('%s', async (_, value) => {
    const head = await forged(value);
    for (const refused of [
      transcripts.read(head),
      transcripts.lengthOf(head),
      transcripts.append(head, [message(1)]),
    ]) {
      await expect(refused).rejects.toEqual(kernelError('InvalidTranscript'));
      await expect(refused).rejects.toThrow(head);
    }
  });

  test('a page before that lies about its length', async () => {
    const first = await forged(page(PAGE_MESSAGES, null, FULL));
    const head = await forged(page(2 * PAGE_MESSAGES + 1, first, [ADDRESS]));
    await expect(transcripts.read(head)).rejects.toEqual(kernelError('InvalidTranscript'));
    await expect(transcripts.read(head)).rejects.toThrow(first);
  });

  test('pages that are before each other, from a store that does not verify', async () => {
    const loop = `sha256:${'1'.repeat(64)}`;
    const lying: ArtifactStore = {
      putBytes: (content) => store.putBytes(content),
      getBytes: () => Promise.resolve(Buffer.from(canonicalJson(page(3 * PAGE_MESSAGES, loop, FULL)))),
      close: () => Promise.resolve(),
    };
    const reading = new Transcripts(new JsonArtifacts(lying)).read(loop);
    await expect(reading).rejects.toEqual(kernelError('InvalidTranscript'));
  });
});

describe('given what can’t be appended, then it is refused and nothing is stored', () => {
  test.each<[string, readonly unknown[]]>([
    ['no message to begin with', []],
    ['a text', ['text']],
    ['null', [null]],
    ['no role', [{ text: 'x' }]],
    ['a role that is none', [{ role: 'developer' }]],
    ['a role from the prototype', [Object.create({ role: 'user' })]],
    ['a secret that is no message', [{ secret: 'x' }]],
    ['an address that is none', [{ address: '../../x', value: 1, isSecret: false }]],
    ['one too many', Array.from({ length: 100_001 }, () => message(1))],
    ['a good one and a bad one', [message(1), { role: 'nobody' }]],
  ])('%s', async (_, given) => {
    await expect(transcripts.append(null, given as readonly TranscriptMessage[])).rejects.toEqual(
      kernelError('InvalidTranscript'),
    );
    expect(store.bytesPut).toBe(0);
  });

  test('what JSON can’t say, and an address that is none', async () => {
    const cyclic: { role: 'user'; self?: unknown } = { role: 'user' };
    cyclic.self = cyclic;
    await expect(transcripts.append(null, [cyclic])).rejects.toEqual(kernelError('NotJson'));
    await expect(transcripts.append('../../x', [message(1)])).rejects.toEqual(kernelError('InvalidAddress'));
    expect(store.bytesPut).toBe(0);
  });

  test('nothing to a conversation leaves it as it is', async () => {
    const { head } = await transcripts.append(null, [message(1)]);
    expect(await transcripts.append(head, [])).toEqual({ head, stored: [] });
    expect(await transcripts.lengthOf(null)).toBe(0);
  });
});

test('given a message with __proto__ in it, then it comes back as data', async () => {
  const hostile = JSON.parse('{"role":"user","__proto__":{"polluted":true}}') as TranscriptMessage;
  const { head } = await transcripts.append(null, [hostile]);
  const [read] = await values(new Transcripts(artifacts), head);
  expect(JSON.stringify(read)).toBe('{"__proto__":{"polluted":true},"role":"user"}');
  expect('polluted' in {}).toBe(false);
});

describe('given a cache', () => {
  test('when a conversation was appended or read, then reading it again asks the store for nothing', async () => {
    const { head } = await transcripts.append(null, messages(100));
    await transcripts.read(head);
    expect(store.reads).toBe(0);
    const other = new Transcripts(artifacts);
    await other.read(head);
    // Each message, and four pages.
    expect(store.reads).toBe(104);
    await other.read(head);
    expect(store.reads).toBe(104);
  });

  test('when it is too small for the conversation, then it stays within its bounds, and the conversation is read all the same', async () => {
    const bytesMax = 10 * (50 + CACHE_ENTRY_BYTES);
    const cache = new ValueCache(bytesMax);
    const small = new Transcripts(artifacts, cache);
    let head: Address | null = null;
    for (const one of messages(200)) {
      ({ head } = await small.append(head, [one]));
      expect(cache.bytes).toBeLessThanOrEqual(bytesMax);
    }
    expect(await values(small, head!)).toEqual(messages(200));
    expect(cache.bytes).toBeLessThanOrEqual(bytesMax);
    expect(cache.bytes).toBeGreaterThan(bytesMax / 2);
  });

  test('then what was used last stays, what is too large never comes in, and what is set again counts once', () => {
    const kept = (value: Json) => ({ value, isSecret: false });
    const cache = new ValueCache(3 * (100 + CACHE_ENTRY_BYTES));
    for (const address of ['a', 'b', 'c', 'c']) cache.set(address, kept(address), 100);
    expect(cache.get('a')).toEqual(kept('a'));
    cache.set('d', kept('d'), 100);
    cache.set('huge', kept('huge'), 1_000_000);
    expect(['a', 'b', 'c', 'd', 'huge'].map((address) => cache.get(address)?.value ?? null)).toEqual([
      'a',
      null,
      'c',
      'd',
      null,
    ]);
    expect(cache.bytes).toBe(3 * (100 + CACHE_ENTRY_BYTES));
  });

  test('then nobody can change what is in it', async () => {
    const given = { role: 'user' as const, parts: ['a'] };
    const { head } = await transcripts.append(null, [given]);
    expect(() => given.parts.push('b')).toThrow();
    const [read] = (await values(transcripts, head)) as unknown as [{ parts: string[] }];
    expect(() => read.parts.push('b')).toThrow();
  });
});
