/** The golden documents beside this file: what the reference kernel printed, copied from its runs and never written by hand. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A golden document that is one JSON text. */
export function readGolden(name: string): unknown {
  return JSON.parse(readFileSync(join(__dirname, name), 'utf8'));
}

/** A golden document that has one JSON text a line. */
export function readGoldenLines(name: string): readonly unknown[] {
  const lines = readFileSync(join(__dirname, name), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as unknown);
}
