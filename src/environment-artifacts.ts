/** The place for artifacts that a process's environment names, with errors that say what to do. */
import type { ArtifactStore } from './artifacts';
import { withoutPassword } from './environment-store';
import { WorkerEnvironmentError } from './environment-variables';
import { messageOf, type TenantId } from './kernel';
import { openArtifacts } from './stores';

/** @throws WorkerEnvironmentError */
export async function openArtifactsOf(place: string, tenant: TenantId): Promise<ArtifactStore> {
  try {
    return await openArtifacts(place, { tenant });
  } catch (error) {
    throw new WorkerEnvironmentError(
      'TEMPORAL_KERNEL_ARTIFACTS',
      `is ${withoutPassword(place)}, which can't be opened: ${messageOf(error)}`,
      'give the path of a folder, sqlite: and the path of a file, or the URL of a PostgreSQL database.',
      { cause: error },
    );
  }
}
