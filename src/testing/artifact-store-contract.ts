/**
 * What every store of artifacts does, as cases that any test runner can run:
 *
 *     for (const { name, run } of artifactStoreContract(makePlace)) it(name, run);
 *
 * Every case gets an empty place of its own, which is removed whatever happens. The cases fail by throwing.
 */
import { ARTIFACT_PROMISES } from './artifact-promises';
import { assertArtifactPromise, type ArtifactPlace } from './artifact-store-case';
import type { ContractCase } from './contract-case';

/**
 * The contract of stores of artifacts.
 *
 * @param makePlace makes an empty place
 */
export function artifactStoreContract(
  makePlace: () => ArtifactPlace | Promise<ArtifactPlace>,
): readonly ContractCase[] {
  return ARTIFACT_PROMISES.map((promise) => ({
    name: promise.name,
    run: async () => {
      await assertArtifactPromise(promise, makePlace);
    },
  }));
}
