/** The golden documents of run records: what the reference made of them, copied from its runs and never written by hand. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseRecordJson } from '../../../src/records';

const DIRECTORY = join(__dirname, '../golden/harn');

/** A document. Its numbers remember how they were written. */
export function readHarn(name: string): Golden {
  return parseRecordJson(readHarnText(name));
}

export function readHarnText(name: string): string {
  return readFileSync(join(DIRECTORY, name), 'utf8');
}

/** JSON that a test may change, to say what is expected instead. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Golden = any;

/** A copy that can be changed. */
export function copyOf(value: Golden): Golden {
  return JSON.parse(JSON.stringify(value));
}

/** A value with what the documents mask masked: a fixture's id. Ours is made of what the fixture says. */
export function masked(value: unknown): Golden {
  return JSON.parse(JSON.stringify(value).replace(/"fixture_[0-9a-f]{32}"/g, '"fixture_<uuidv7>"'));
}
