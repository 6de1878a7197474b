/**
 * Writes a file so that whoever reads it finds the old one or the new one, whole, wherever the writer was stopped: by an error, a kill or
 * a power cut.
 *
 * A writer that was killed leaves its temporary file behind, `.{name}.{uuid}.tmp`; nothing reads it.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Makes the folder, too. */
export async function writeFileAtomically(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  // A long name would not leave room for what is put around it.
  const temporary = join(folder, `.${basename(path).slice(0, 150)}.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(text, 'utf8');
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** The new name is on disk when the folder is. */
async function syncFolder(folder: string): Promise<void> {
  // Windows has no such thing as a folder's own data to be synced.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
