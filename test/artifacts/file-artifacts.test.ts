/** Artifacts in a folder, beyond what every store does: what is on disk, and what a disk can do to it. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FileArtifacts } from '../../src/artifacts';
import { ARTIFACT_BYTES_MAX, sha256Hex } from '../../src/kernel';
import { kernelError } from '../kernel/kernel-error-matcher';
import { pathIn } from './artifact-places';

const ABC = Buffer.from('abc');
const HASH_OF_ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

let directory: string;
let folder: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'file-artifacts-'));
  folder = join(directory, 'not', 'there', 'yet');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Every file below the directory, with its content. */
async function files(): Promise<Record<string, string>> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  const entries = found.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(
    await Promise.all(entries.map(async (path) => [path.slice(directory.length + 1), await readFile(path, 'latin1')])),
  ) as Record<string, string>;
}

test('given a folder that is not there, when tenants keep something, then each has one file, and there is nothing else', async () => {
  await new FileArtifacts(folder).putBytes(ABC);
  await new FileArtifacts(folder, { tenant: '../acme' }).putBytes(ABC);
  expect(await files()).toEqual({
    [`not/there/yet/ba/${HASH_OF_ABC}`]: 'abc',
    [`not/there/yet/tenants/${sha256Hex('../acme')}/ba/${HASH_OF_ABC}`]: 'abc',
  });
});

test('given a hostile address, when it is read, then nothing outside of the folder is', async () => {
  await mkdir(folder, { recursive: true });
  await writeFile(join(directory, 'secret'), 'abc');
  const store = new FileArtifacts(folder);
  for (const address of ['../../../secret', 'sha256:../../../secret', join(directory, 'secret')]) {
    await expect(store.getBytes(address)).rejects.toEqual(kernelError('InvalidAddress'));
  }
});

test('given a file that was damaged, when its content is kept again, then it can be read again', async () => {
  const store = new FileArtifacts(folder);
  const address = await store.putBytes(ABC);
  await writeFile(pathIn(folder, address), 'abd');
  await expect(store.getBytes(address)).rejects.toEqual(kernelError('ArtifactChanged'));
  await store.putBytes(ABC);
  expect(Buffer.from(await store.getBytes(address)).toString()).toBe('abc');
});

test('given a file that was deleted, then its artifact is missing until its content is kept again', async () => {
  const store = new FileArtifacts(folder);
  const address = await store.putBytes(ABC);
  await rm(folder, { recursive: true });
  await expect(store.getBytes(address)).rejects.toEqual(kernelError('ArtifactMissing'));
  expect(await store.putBytes(ABC)).toBe(address);
  expect(Buffer.from(await store.getBytes(address)).toString()).toBe('abc');
});

test('given a file that is larger than an artifact can be, then it is a changed one, and is not read', async () => {
  const store = new FileArtifacts(folder);
  const address = await store.putBytes(ABC);
  await truncate(pathIn(folder, address), 2 ** 32);
  await expect(store.getBytes(address)).rejects.toEqual(kernelError('ArtifactChanged'));
});

test('given the largest artifact that can be, then it is kept and read', async () => {
  const store = new FileArtifacts(folder);
  const content = Buffer.alloc(ARTIFACT_BYTES_MAX);
  expect(content.equals(await store.getBytes(await store.putBytes(content)))).toBe(true);
});

test('given what a writer left that was killed, then nobody takes it for an artifact', async () => {
  const store = new FileArtifacts(folder);
  const path = pathIn(folder, `sha256:${HASH_OF_ABC}`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(join(dirname(path), `.${HASH_OF_ABC}.0.tmp`), 'ab');
  await expect(store.getBytes(`sha256:${HASH_OF_ABC}`)).rejects.toEqual(kernelError('ArtifactMissing'));
  await store.putBytes(ABC);
  expect(Buffer.from(await store.getBytes(`sha256:${HASH_OF_ABC}`)).toString()).toBe('abc');
});

describe('given a disk that does not do what it is asked, then the error says what was tried', () => {
  test('a folder that is a file', async () => {
    await writeFile(join(directory, 'file'), '');
    const store = new FileArtifacts(join(directory, 'file'));
    const refused = expect.objectContaining({
      code: 'ArtifactStore',
      message: expect.stringContaining(`artifact sha256:${HASH_OF_ABC} in ${join(directory, 'file')}: `),
    });
    await expect(store.putBytes(ABC)).rejects.toEqual(refused);
    await expect(store.getBytes(`sha256:${HASH_OF_ABC}`)).rejects.toEqual(refused);
  });

  test('a folder in the place of a file, and a link that leads nowhere', async () => {
    const store = new FileArtifacts(folder);
    const path = pathIn(folder, `sha256:${HASH_OF_ABC}`);
    await mkdir(path, { recursive: true });
    await expect(store.putBytes(ABC)).rejects.toEqual(kernelError('ArtifactStore'));
    await expect(store.getBytes(`sha256:${HASH_OF_ABC}`)).rejects.toEqual(kernelError('ArtifactStore'));
    expect(Object.keys(await files())).toEqual([]);
    await rm(path, { recursive: true });
    await symlink(join(directory, 'nowhere'), path);
    await expect(store.getBytes(`sha256:${HASH_OF_ABC}`)).rejects.toEqual(kernelError('ArtifactMissing'));
    await store.putBytes(ABC);
    expect(Object.keys(await files())).toEqual([`not/there/yet/ba/${HASH_OF_ABC}`]);
  });

  (process.getuid?.() === 0 ? test.skip : test)('a folder that nobody may write to', async () => {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o500);
    await expect(new FileArtifacts(folder).putBytes(ABC)).rejects.toEqual(kernelError('ArtifactStore'));
    await chmod(folder, 0o700);
  });
});
