/** Artifacts: content under the hash of its bytes, beside the log and under its protection. */
export type { ArtifactStore } from './artifact-store';
export { addressOf, artifactFailure, assertAddress, ownCopy, verified } from './content-address';
export { FileArtifacts, type FileArtifactsOptions } from './file-artifacts';
export { JsonArtifacts, type KeptValue } from './json-artifacts';
export { MemoryArtifacts, type ArtifactMemory } from './memory-artifacts';
export { S3Artifacts, type S3ArtifactsClient, type S3ArtifactsOptions } from './s3-artifacts';
