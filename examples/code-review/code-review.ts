/**
 * A code-review agent: it reads a git repository, says what is wrong with it, and mends what people let it mend. Nothing is written before
 * somebody approved the very change.
 */
import { execFile } from 'node:child_process';
import { readFile, realpath, writeFile } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { toolLoop } from '../../src/agents';
import { permanent, tool } from '../../src/kernel';

/** The repository that the worker's tools work in. */
export const REPOSITORY_VARIABLE = 'REVIEW_REPOSITORY';

const FILES_MAX = 500;
const FILE_LENGTH_MAX = 100_000;

const listFiles = tool({
  description: 'Lists the files that git tracks.',
  input: z.object({}),
  output: z.array(z.string()),
  run: async () => {
    const { stdout } = await promisify(execFile)('git', ['-C', repository(), 'ls-files', '-z']);
    return stdout
      .split('\0')
      .filter((file) => file !== '')
      .slice(0, FILES_MAX);
  },
});

const readFileTool = tool({
  description: 'Reads a file of the repository.',
  input: z.object({ file: z.string() }),
  output: z.string(),
  summary: ({ file }) => `read ${file}`,
  run: async ({ file }) => {
    const text = await readFile(await inside(file), 'utf8');
    if (text.length > FILE_LENGTH_MAX)
      throw permanent(`${file} has ${text.length} characters: ${FILE_LENGTH_MAX} can be read`);
    return text;
  },
});

const replaceText = tool({
  description: 'Proposes to replace a piece of text in a file. A person approves it before it is written.',
  input: z.object({
    file: z.string(),
    before: z.string().min(1).describe('the text to replace, which must occur exactly once in the file'),
    after: z.string(),
    why: z.string().describe('what the change mends, for whoever approves it'),
  }),
  output: z.string(),
  summary: ({ file, why }) => `change ${file}: ${why}`,
  run: async ({ file, before, after }) => {
    const path = await inside(file);
    const text = await readFile(path, 'utf8');
    const [head, ...tail] = text.split(before);
    // An attempt that was lost may have written before it was.
    if (tail.length === 0 && text.includes(after)) return `${file} is changed`;
    if (tail.length !== 1)
      throw permanent(`the text occurs ${tail.length} times in ${file}: give a piece that occurs once`);
    await writeFile(path, `${head ?? ''}${after}${tail[0] ?? ''}`);
    return `${file} is changed`;
  },
});

export const codeReview = toolLoop({
  name: 'codeReview',
  description: 'Reviews a git repository, and mends what people let it mend.',
  model: 'reviewer',
  instructions:
    'You review code. List the files, read those that matter, and look for mistakes that would hurt somebody. Propose each change ' +
    'with replaceText, as small as it can be. End with a short review: what you found, and what became of it.',
  tools: { listFiles, readFile: readFileTool, replaceText },
  // Two changes of one file must not be made at once.
  parallel: 1,
  approvals: { replaceText: { reason: 'it writes into the repository' } },
});

function repository(): string {
  const root = process.env[REPOSITORY_VARIABLE];
  if (root === undefined) throw permanent(`set ${REPOSITORY_VARIABLE} to the repository that is to be reviewed`);
  return resolve(root);
}

/** The path of a file of the repository, wherever its links lead. */
async function inside(file: string): Promise<string> {
  const root = await realpath(repository());
  const path = await realpath(join(root, file)).catch(() => null);
  if (path === null) throw permanent(`there is no file ${file}`);
  if (!path.startsWith(root + sep) || path.startsWith(join(root, '.git') + sep))
    throw permanent(`${file} is not in the repository`);
  return path;
}
