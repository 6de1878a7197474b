/** The report, as Markdown for people and as JSON for programs. The same families give the same bytes. Host code. */
import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Verdict } from './licence-policy';

/** Packages under one licence, and what became of it. */
export interface Family {
  readonly licence: string;
  readonly packages: readonly string[];
  readonly verdict: Verdict;
  readonly by: 'policy' | 'person';
}

/** Writes both files whole or not at all, so that an attempt that was lost in the middle leaves no half of one. */
export async function writeReportFiles(
  directory: string,
  families: readonly Family[],
): Promise<{ markdown: string; json: string; sha256: string }> {
  const ordered = [...families].sort(
    (a, b) => b.packages.length - a.packages.length || (a.licence < b.licence ? -1 : 1),
  );
  const files = { markdown: join(directory, 'licences.md'), json: join(directory, 'licences.json') };
  const json = `${JSON.stringify({ ...countsOf(ordered), families: ordered }, null, 2)}\n`;
  await mkdir(directory, { recursive: true });
  await replaceFile(files.markdown, markdownOf(ordered));
  await replaceFile(files.json, json);
  return { ...files, sha256: createHash('sha256').update(json).digest('hex') };
}

function markdownOf(families: readonly Family[]): string {
  const { packages, allowed, denied } = countsOf(families);
  const rows = families.map(({ licence, packages: under, verdict, by }) => {
    return `| ${cell(licence)} | ${under.length} | ${verdict} | ${by} |`;
  });
  const refused = families.filter(({ verdict }) => verdict !== 'allowed');
  const lists = refused.flatMap(({ licence, packages: under }) => [
    `## Denied: ${cell(licence)}`,
    '',
    ...under.map((id) => `- ${cell(id)}`),
    '',
  ]);
  return [
    '# Licences',
    '',
    `${packages} packages: ${allowed} allowed, ${denied} denied.`,
    '',
    '| Licence | Packages | Verdict | Decided by |',
    '| --- | ---: | --- | --- |',
    ...rows,
    '',
    ...lists,
  ].join('\n');
}

function countsOf(families: readonly Family[]): { packages: number; allowed: number; denied: number } {
  const count = (of: readonly Family[]): number => of.reduce((sum, { packages }) => sum + packages.length, 0);
  const allowed = count(families.filter(({ verdict }) => verdict === 'allowed'));
  return { packages: count(families), allowed, denied: count(families) - allowed };
}

function cell(text: string): string {
  return text.replace(/[\\|<>*_`[\]]/g, '\\$&');
}

async function replaceFile(path: string, text: string): Promise<void> {
  const written = `${path}.${process.pid}.tmp`;
  await writeFile(written, text);
  await rename(written, path);
}
