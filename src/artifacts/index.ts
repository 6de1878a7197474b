/** Artifacts: content under the hash of its bytes, beside the log and under its protection. */
export type { ArtifactStore } from './artifact-store';
export { addressOf, assertAddress, verified } from './content-address';
export { JsonArtifacts, type KeptValue } from './json-artifacts';
export { MemoryArtifacts } from './memory-artifacts';
