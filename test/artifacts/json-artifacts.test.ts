/** JSON as artifacts, and the references to them. */
import { addressOf, JsonArtifacts, MemoryArtifacts } from '../../src/artifacts';
import { ARTIFACT_TAG, artifactsIn, canonicalJson, isArtifactRef, type ArtifactRef, type Json } from '../../src/kernel';
import { kernelError } from '../kernel/kernel-error-matcher';

const store = new MemoryArtifacts();
const artifacts = new JsonArtifacts(store);
const ADDRESS = addressOf(Buffer.from('abc'));
const ref = (text: string): ArtifactRef & Json => ({
  [ARTIFACT_TAG]: { address: addressOf(Buffer.from(text)), bytes: 3 },
});

describe('given a value', () => {
  test('then its address is that of its canonical JSON, whatever the order of its keys, and its size is that JSON’s', async () => {
    const kept = await artifacts.put({ b: [1, 'é'], a: null });
    const text = Buffer.from('{"a":null,"b":[1,"é"]}');
    expect(kept).toEqual({ [ARTIFACT_TAG]: { address: addressOf(text), bytes: text.length } });
    expect(await artifacts.put({ a: null, b: [1, 'é'] })).toEqual(kept);
    expect(await artifacts.get(kept[ARTIFACT_TAG].address)).toEqual({ a: null, b: [1, 'é'] });
  });

  test('when it is secret, then nobody who guesses it finds it, and it says so when it is read', async () => {
    const first = (await artifacts.put('4711', { secret: true }))[ARTIFACT_TAG].address;
    const second = (await artifacts.put('4711', { secret: true }))[ARTIFACT_TAG].address;
    expect(first).not.toBe(second);
    expect([first, second]).not.toContain((await artifacts.put('4711'))[ARTIFACT_TAG].address);
    expect(await artifacts.read(first)).toEqual({ value: '4711', isSecret: true });
  });

  test.each<[string, Json]>([
    ['looks like a secret', { $secret: 'x', isSecret: true, value: 1 }],
    ['looks like a reference', { [ARTIFACT_TAG]: { address: ADDRESS, bytes: 1 } }],
    ['has __proto__ in it', JSON.parse('{"__proto__":{"polluted":true}}') as Json],
    ['is null', null],
  ])('that %s, then it comes back as it was', async (_, value) => {
    for (const secret of [false, true]) {
      const { address } = (await artifacts.put(value, { secret }))[ARTIFACT_TAG];
      const read = await artifacts.read(address);
      expect(canonicalJson(read.value)).toBe(canonicalJson(value));
      expect(read.isSecret).toBe(secret);
    }
  });

  test('when it is no JSON, then it is refused; and content that is none is an error that names its address', async () => {
    await expect(artifacts.put({ at: undefined } as unknown as Json)).rejects.toEqual(kernelError('NotJson'));
    const address = await store.putBytes(Buffer.from('abc'));
    await expect(artifacts.get(address)).rejects.toEqual(kernelError('ArtifactStore'));
    await expect(artifacts.get(address)).rejects.toThrow(address);
  });
});

describe('given a value with references in it', () => {
  test('then each is found once, in the order in which they stand', () => {
    expect(artifactsIn({ b: [ref('1'), [ref('2')]], a: ref('3'), c: { d: ref('1') } })).toEqual([
      ref('1'),
      ref('2'),
      ref('3'),
    ]);
    expect(artifactsIn(ref('1'))).toEqual([ref('1')]);
  });

  test.each<[string, unknown]>([
    ['an address that is none', { [ARTIFACT_TAG]: { address: '../../x', bytes: 1 } }],
    ['a size that is none', { [ARTIFACT_TAG]: { address: ADDRESS, bytes: -1 } }],
    ['no size', { [ARTIFACT_TAG]: { address: ADDRESS } }],
    ['a member beside it', { [ARTIFACT_TAG]: { address: ADDRESS, bytes: 1 }, more: 1 }],
    ['an inherited body', Object.create({ [ARTIFACT_TAG]: { address: ADDRESS, bytes: 1 } })],
    ['a text', ADDRESS],
  ])('%s is no reference', (_, value) => {
    expect(isArtifactRef(value)).toBe(false);
    expect(artifactsIn(value as Json)).toEqual([]);
  });
});
