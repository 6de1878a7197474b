/** What every store of artifacts promises. */
import assert from 'node:assert/strict';
import { ARTIFACT_BYTES_MAX, type Address } from '../kernel/artifact';
import { isKernelError, type KernelErrorCode } from '../kernel/error';
import type { TenantId } from '../kernel/tenant';
import { assertSameBytes, noise, type ArtifactPromise } from './artifact-store-case';
import { rejects } from './contract-case';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** From FIPS 180-4's examples, and not from the code that is tested. */
const ADDRESS_OF_NOTHING = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const ADDRESS_OF_ABC = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

const HASH = ADDRESS_OF_ABC.slice('sha256:'.length);

/** What is no address, and might lead somewhere. */
const HOSTILE_ADDRESSES: readonly unknown[] = [
  '',
  'sha256:',
  HASH,
  `sha256:${HASH.toUpperCase()}`,
  `SHA256:${HASH}`,
  `sha1:${HASH}`,
  `sha256:${HASH.slice(1)}`,
  `sha256:${HASH}0`,
  `sha256:${HASH}\n`,
  ` sha256:${HASH}`,
  `sha256:../../x`,
  `sha256:${'../'.repeat(21)}x`,
  `sha256:/etc/passwd${'0'.repeat(53)}`,
  `sha256:${HASH.slice(0, 62)}%2`,
  `sha256:${HASH.slice(0, 63)}\u0000`,
  "sha256:' OR '1'='1",
  '../../x',
  '__proto__',
  'constructor',
  null,
  undefined,
  1,
  {},
  [ADDRESS_OF_ABC],
];

/** Tenants that are not what they may look like, or look alike. Each is one of its own. */
const AWKWARD_TENANTS: readonly TenantId[] = [
  'acme',
  'Acme',
  'acme ',
  'acm\u00e9',
  'acme\u0301',
  'tenants',
  'ba',
  '..',
  '../default',
  'acme/default',
  "o'brien",
  "' OR '1'='1",
  '__proto__',
  '🦀',
  'x'.repeat(200),
];

/** Expects an error of a code that names the address. */
async function rejectsNaming(code: KernelErrorCode, address: Address, promise: Promise<unknown>): Promise<void> {
  await rejects(code, promise);
  const error = await promise.catch((thrown: unknown) => thrown);
  assert.ok(isKernelError(error) && error.message.includes(address), 'the error does not name the address');
}

export const ARTIFACT_PROMISES = Object.freeze<ArtifactPromise[]>([
  {
    name: 'given content of any bytes, when it is kept, then it is read as it was given',
    holds: async (store) => {
      const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      for (const content of [
        everyByte,
        utf8('naïve 🦀'),
        utf8('\u0000'),
        Buffer.from('part of a buffer').subarray(5),
      ]) {
        assertSameBytes(await store.getBytes(await store.putBytes(content)), content);
      }
    },
  },
  {
    name: 'given content, when it is kept, then its address is the SHA-256 of its bytes',
    holds: async (store) => {
      assert.equal(await store.putBytes(utf8('abc')), ADDRESS_OF_ABC);
      assert.notEqual(await store.putBytes(utf8('abd')), ADDRESS_OF_ABC);
    },
  },
  {
    name: 'given content that is kept already, when it is kept again, then it has the same address and stays',
    holds: async (store, open) => {
      const first = await store.putBytes(utf8('abc'));
      assert.equal(await store.putBytes(utf8('abc')), first);
      assert.equal(await (await open()).putBytes(utf8('abc')), first);
      assertSameBytes(await store.getBytes(first), utf8('abc'));
    },
  },
  {
    name: 'given empty content, then it is an artifact like any other',
    holds: async (store) => {
      await rejectsNaming('ArtifactMissing', ADDRESS_OF_NOTHING, store.getBytes(ADDRESS_OF_NOTHING));
      assert.equal(await store.putBytes(new Uint8Array()), ADDRESS_OF_NOTHING);
      assert.equal((await store.getBytes(ADDRESS_OF_NOTHING)).length, 0);
    },
  },
  {
    name: 'given five megabytes, then they are read as they were given',
    holds: async (store) => {
      const content = noise(5 * 1024 * 1024);
      assertSameBytes(await store.getBytes(await store.putBytes(content)), content);
    },
  },
  {
    name: 'given a byte more than an artifact may have, then it is refused',
    holds: async (store) => {
      // Nobody looks at these bytes, so they cost no memory.
      await rejects('ArtifactTooLarge', store.putBytes(new Uint8Array(ARTIFACT_BYTES_MAX + 1)));
    },
  },
  {
    name: 'given a store that is opened again, then everything is found',
    holds: async (store, open) => {
      const address = await store.putBytes(utf8('abc'));
      await store.close();
      assertSameBytes(await (await open()).getBytes(address), utf8('abc'));
    },
  },
  {
    name: 'given an address that nothing is kept under, then the error names it',
    holds: async (store) => {
      await rejectsNaming('ArtifactMissing', ADDRESS_OF_ABC, store.getBytes(ADDRESS_OF_ABC));
    },
  },
  {
    name: 'given content that was changed where it is kept, then it is never handed out, and the error names its address',
    holds: async (store, _open, damage) => {
      const content = noise(1_000);
      const changes: readonly Uint8Array[] = [
        content.map((byte, at) => (at === 500 ? byte ^ 1 : byte)),
        content.slice(0, 999),
        Uint8Array.from([...content, 0]),
        new Uint8Array(),
      ];
      const address = await store.putBytes(content);
      for (const changed of changes) {
        await damage(address, changed);
        await rejectsNaming('ArtifactChanged', address, store.getBytes(address));
      }
    },
  },
  {
    name: 'given what is no address, when it is read, then it is refused',
    holds: async (store) => {
      await store.putBytes(utf8('abc'));
      for (const address of HOSTILE_ADDRESSES as readonly Address[]) {
        await rejects('InvalidAddress', store.getBytes(address));
      }
    },
  },
  {
    name: 'given twenty at once who keep the same content, then all have its address and it is there',
    holds: async (store, open) => {
      const stores = [store, await open()];
      const content = noise(10_000);
      const puts = Array.from({ length: 20 }, (_, at) => (stores[at % 2] ?? store).putBytes(content));
      assert.equal(new Set(await Promise.all(puts)).size, 1);
      assertSameBytes(await store.getBytes(await store.putBytes(content)), content);
    },
  },
  {
    name: 'given twenty at once who keep each something else, then everything is there',
    holds: async (store, open) => {
      const stores = [store, await open()];
      const contents = Array.from({ length: 20 }, (_, at) => noise(1_000 + at, at));
      const addresses = await Promise.all(contents.map((content, at) => (stores[at % 2] ?? store).putBytes(content)));
      assert.equal(new Set(addresses).size, 20);
      for (const [at, address] of addresses.entries()) {
        assertSameBytes(await store.getBytes(address), contents[at] ?? new Uint8Array());
      }
    },
  },
  {
    name: 'given what was kept or read, when its owner changes it, then the store does not',
    holds: async (store) => {
      const content = noise(1_000);
      const before = content.slice();
      const put = store.putBytes(content);
      content.fill(0);
      const address = await put;
      content.fill(1);
      const read = await store.getBytes(address);
      assertSameBytes(read, before);
      read.fill(2);
      assertSameBytes(await store.getBytes(address), before);
    },
  },
  {
    name: 'given several tenants, then none has what another one keeps',
    holds: async (store, open) => {
      const address = await store.putBytes(utf8('abc'));
      const others = await Promise.all(AWKWARD_TENANTS.map((tenant) => open(tenant)));
      for (const [at, other] of others.entries()) {
        await rejectsNaming('ArtifactMissing', address, other.getBytes(address));
        const own = utf8(`of tenant ${at}`);
        assertSameBytes(await other.getBytes(await other.putBytes(own)), own);
        for (const another of [store, ...others.slice(at + 1)]) {
          await rejects('ArtifactMissing', another.getBytes(await other.putBytes(own)));
        }
      }
      const [acme] = others;
      assert.equal(await acme?.putBytes(utf8('abc')), address);
    },
  },
  {
    name: 'given a text that can name no tenant, then nothing is opened',
    holds: async (_store, open) => {
      for (const tenant of ['', 'nul\u0000', 'x'.repeat(201), '\ud800']) await rejects('InvalidTenant', open(tenant));
    },
  },
  {
    name: 'given a store that is closed twice, then nothing happens',
    holds: async (store) => {
      await store.close();
      await store.close();
    },
  },
]);
