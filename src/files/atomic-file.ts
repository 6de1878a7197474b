/**
 * Writes a file so that whoever reads it finds the old one or the new one, whole, wherever the writer was stopped: by an error, a kill or
 * a power cut.
 *
 * A writer that was killed leaves its temporary file behind, `.{name}.{uuid}.tmp`; nothing reads it.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** Makes the folder, too. A text is written as UTF-8. */
export async function writeFileAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  // A long name would not leave room for what is put around it.
  const temporary = join(folder, `.${basename(path).slice(0, 150)}.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(content, 'utf8');
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

/** The names in a folder are on disk when the folder is. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows has no such thing as a folder's own data to be synced.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Makes a folder, and puts its name on disk: also where somebody else made it a moment ago. Those above it that have to be made are put on
 * disk with it.
 */
export async function makeFolderDurably(folder: string): Promise<void> {
  const path = resolve(folder);
  const highest = (await mkdir(path, { recursive: true })) ?? path;
  for (let made = path; ; made = dirname(made)) {
    await syncFolder(dirname(made));
    if (made === highest || made === dirname(made)) return;
  }
}
