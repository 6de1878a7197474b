/** The store that a process's environment names, with errors that say what to do. */
import { messageOf, type TenantId } from './kernel';
import { openStore } from './stores/open-store';
import type { SqlStore } from './stores/sql-store';
import { WorkerEnvironmentError } from './worker-environment';

/** @throws WorkerEnvironmentError */
export async function openStoreOf(pathOrUrl: string, tenant: TenantId): Promise<SqlStore> {
  try {
    return await openStore(pathOrUrl, { tenant });
  } catch (error) {
    throw new WorkerEnvironmentError(
      'TEMPORAL_KERNEL_STORE',
      `is ${withoutPassword(pathOrUrl)}, which can't be opened: ${messageOf(error)}`,
      'give the path of a file in a folder that is there, or the URL of a PostgreSQL database.',
      { cause: error },
    );
  }
}

/** A database's URL as it may be printed. */
export function withoutPassword(pathOrUrl: string): string {
  return pathOrUrl.replace(/^(\w+:\/\/[^:@/]*):[^@/]*@/, '$1:…@');
}
