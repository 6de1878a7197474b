/**
 * The contract has teeth: a store that breaks one promise fails the case of that promise, and no case is without a store that
 * fails it.
 */
import { MemoryArtifacts, type ArtifactMemory, type ArtifactStore } from '../../src/artifacts';
import { DEFAULT_TENANT, isAddress, KernelError, type TenantId } from '../../src/kernel';
import { artifactStoreContract, type ArtifactPlace } from '../../src/testing';

/** What is replaced of a correct store. `memory` lives as long as the place. */
type Breakage = (store: MemoryArtifacts, memory: ArtifactMemory) => Partial<ArtifactStore>;

const ended: Breakage = (store) => {
  let closed = false;
  return {
    close: () => {
      if (closed) return Promise.reject(new Error('not open'));
      closed = true;
      return store.close();
    },
  };
};

const keepsNothing = (kept: (content: Uint8Array) => boolean): Breakage => {
  return (store) => ({
    putBytes: async (content) => {
      const address = await store.putBytes(content);
      return kept(content) ? address : await new MemoryArtifacts().putBytes(content);
    },
    getBytes: async (address) => {
      const content = await store.getBytes(address);
      if (kept(content)) return content;
      throw new KernelError('ArtifactMissing', `artifact ${address} is not kept here`);
    },
  });
};

let puts = 0;

/** What is broken, and words of the name of the case that must notice. */
const BREAKAGES: readonly (readonly [string, string, Breakage])[] = [
  [
    'content that goes through a text',
    'content of any bytes',
    (store) => ({ getBytes: async (a) => Buffer.from(Buffer.from(await store.getBytes(a)).toString('utf8')) }),
  ],
  [
    'addresses of another hash',
    'the SHA-256 of its bytes',
    (store) => ({ putBytes: async (content) => (await store.putBytes(content)).replace(/.$/, '0') }),
  ],
  [
    'a second put that is refused',
    'kept already',
    (store, memory) => ({
      putBytes: async (content) => {
        const before = memory.get(DEFAULT_TENANT)?.size;
        const address = await store.putBytes(content);
        if (memory.get(DEFAULT_TENANT)?.size === before) throw new Error('it is there');
        return address;
      },
    }),
  ],
  ['an empty content that is none', 'given empty content', keepsNothing(({ length }) => length > 0)],
  ['a megabyte that is too much', 'given five megabytes', keepsNothing(({ length }) => length <= 1024 * 1024)],
  [
    'no limit',
    'a byte more than an artifact may have',
    (store) => ({
      putBytes: async (content) => await store.putBytes(content).catch(() => `sha256:${'0'.repeat(64)}`),
    }),
  ],
  [
    'nothing for what is missing',
    'nothing is kept under',
    (store) => ({ getBytes: (address) => store.getBytes(address).catch(() => new Uint8Array()) }),
  ],
  [
    'content that nobody verifies',
    'changed where it is kept',
    (store, memory) => ({
      getBytes: async (address) => memory.get(DEFAULT_TENANT)?.get(address) ?? (await store.getBytes(address)),
    }),
  ],
  [
    'an address of any form',
    'what is no address',
    (store) => ({
      getBytes: (address) =>
        isAddress(address)
          ? store.getBytes(address)
          : Promise.reject(new KernelError('ArtifactMissing', `artifact ${String(address)} is not kept here`)),
    }),
  ],
  [
    'one put at a time',
    'keep the same content',
    (store) => {
      const under = new Set<string>();
      return {
        putBytes: async (content) => {
          const address = await store.putBytes(content);
          if (under.has(address)) throw new Error('busy');
          under.add(address);
          await new Promise(setImmediate);
          under.delete(address);
          return address;
        },
      };
    },
  ],
  [
    'every seventh put lost',
    'keep each something else',
    (store) => ({
      putBytes: (content) => ((puts += 1) % 7 === 0 ? new MemoryArtifacts() : store).putBytes(content),
    }),
  ],
  [
    'content that is handed out as it is kept',
    'when its owner changes it',
    (store, memory) => ({
      getBytes: async (address) => {
        await store.getBytes(address);
        return memory.get(DEFAULT_TENANT)?.get(address) ?? new Uint8Array();
      },
    }),
  ],
  ['a close that fails the second time', 'closed twice', ended],
];

/** What is broken where stores are opened. */
const BROKEN_PLACES: readonly (readonly [
  string,
  string,
  (memory: ArtifactMemory, tenant: TenantId) => ArtifactStore,
])[] = [
  ['a place that is empty each time', 'opened again', (_, tenant) => new MemoryArtifacts(tenant)],
  [
    'tenants without case',
    'given several tenants',
    (memory, tenant) => new MemoryArtifacts(tenant.toLowerCase(), memory),
  ],
  [
    'any text as a tenant',
    'name no tenant',
    (memory, tenant) => new MemoryArtifacts(/^[a-z]+$/.test(tenant) ? tenant : 'other', memory),
  ],
];

describe('a store that breaks one promise fails the case of that promise', () => {
  test.each(BREAKAGES)('given %s, then "… %s …" fails', async (_, words, breakage) => {
    await failsAt(words, (memory, tenant) => broken(new MemoryArtifacts(tenant, memory), memory, breakage));
  });

  test.each(BROKEN_PLACES)('given %s, then "… %s …" fails', async (_, words, open) => {
    await failsAt(words, open);
  });
});

test('given an untouched store behind the same wrapper, then every case holds', async () => {
  const open = (memory: ArtifactMemory, tenant: TenantId): ArtifactStore =>
    broken(new MemoryArtifacts(tenant, memory), memory, () => ({}));
  for (const { run } of artifactStoreContract(() => placeWith(open))) await run();
});

test('given any case of the contract, then there is a broken store that fails it', () => {
  const words = [...BREAKAGES, ...BROKEN_PLACES].map(([, found]) => found);
  const names = artifactStoreContract(() => placeWith(() => new MemoryArtifacts())).map(({ name }) => name);
  expect(names.filter((name) => !words.some((found) => name.includes(found)))).toEqual([]);
});

async function failsAt(
  words: string,
  open: (memory: ArtifactMemory, tenant: TenantId) => ArtifactStore,
): Promise<void> {
  const cases = artifactStoreContract(() => placeWith(open)).filter(({ name }) => name.includes(words));
  expect(cases.length).toBe(1);
  await expect(cases[0]?.run()).rejects.toThrow();
}

function placeWith(open: (memory: ArtifactMemory, tenant: TenantId) => ArtifactStore): ArtifactPlace {
  const memory: ArtifactMemory = new Map();
  return {
    open: (tenant) => open(memory, tenant),
    damage: (address, content) => memory.get(DEFAULT_TENANT)?.set(address, content),
  };
}

function broken(store: MemoryArtifacts, memory: ArtifactMemory, breakage: Breakage): ArtifactStore {
  const whole: ArtifactStore = {
    putBytes: (content) => store.putBytes(content),
    getBytes: (address) => store.getBytes(address),
    close: () => store.close(),
  };
  return { ...whole, ...breakage(store, memory) };
}
