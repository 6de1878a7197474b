/** Artifacts in a bucket, beyond what every store does: the keys, and a server that does not do what it is asked. */
import { S3Artifacts } from '../../src/artifacts';
import { sha256Hex } from '../../src/kernel';
import { kernelError } from '../kernel/kernel-error-matcher';
import { Bucket } from './bucket';

const ABC = Buffer.from('abc');
const HASH_OF_ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

let bucket: Bucket;
beforeEach(async () => {
  bucket = await Bucket.start();
});
afterEach(() => bucket.stop());

const open = (tenant?: string): S3Artifacts =>
  new S3Artifacts({ client: bucket.client, bucket: 'b', prefix: 'a/b', ...(tenant === undefined ? {} : { tenant }) });

test('given two tenants, then each has keys of its own, and no tenant stands in one', async () => {
  await open().putBytes(ABC);
  await open('../acme').putBytes(ABC);
  expect([...bucket.objects.keys()]).toEqual([
    `/b/a/b/${sha256Hex('default')}/${HASH_OF_ABC}`,
    `/b/a/b/${sha256Hex('../acme')}/${HASH_OF_ABC}`,
  ]);
});

test('given a server that fails, then nothing is said to be kept, and nothing to be missing', async () => {
  const store = open();
  bucket.faults.push(500);
  await expect(store.putBytes(ABC)).rejects.toEqual(kernelError('ArtifactStore'));
  bucket.faults.push(404, 500);
  await expect(store.putBytes(ABC)).rejects.toEqual(kernelError('ArtifactStore'));
  expect(bucket.objects.size).toBe(0);
  const address = await store.putBytes(ABC);
  bucket.faults.push(500);
  await expect(store.getBytes(address)).rejects.toEqual(kernelError('ArtifactStore'));
  bucket.faults.push(500, 500);
  await expect(store.getBytes(address)).rejects.toEqual(kernelError('ArtifactStore'));
  expect(Buffer.from(await store.getBytes(address)).toString()).toBe('abc');
});

test('given a prefix or a bucket that is none, then it is refused', () => {
  const { client } = bucket;
  for (const prefix of ['', '/', 'a/', '/a', 'a//b', '..', 'a/../b', '.', 'a b', 'é']) {
    expect(() => new S3Artifacts({ client, bucket: 'b', prefix })).toThrow(kernelError('ArtifactStore'));
  }
  expect(() => new S3Artifacts({ client, bucket: '' })).toThrow(kernelError('ArtifactStore'));
});
