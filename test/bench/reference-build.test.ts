import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildReference } from '../../tools/bench/reference-build';
import { versionOf } from '../../tools/bench/environment';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'temporal-kernel-bench-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function sources(code: string): string {
  const source = join(folder, 'source');
  mkdirSync(join(source, 'src/bin'), { recursive: true });
  writeFileSync(join(source, 'Cargo.toml'), '[package]\nname = "stand-in"\nversion = "0.1.0"\nedition = "2021"\n');
  writeFileSync(join(source, 'src/bin/bench.rs'), code);
  return source;
}

test('given a folder that was named and has no source, then it is the command that is bad', () => {
  expect(() => buildReference(folder, process.env)).toThrow('no Cargo.toml with a src/bin/bench.rs there');
});

const withCargo = versionOf('cargo') === null ? test.skip : test;

withCargo('given a source that can be built, then the program is in the cache, and the source is as it was', () => {
  const source = sources('fn main() {}');
  const cache = join(folder, 'cache');
  const build = buildReference(source, { ...process.env, TEMPORAL_KERNEL_CACHE: cache });
  expect(build).toEqual({ program: expect.stringContaining(cache) });
  expect(readdirSync(source).sort()).toEqual(['Cargo.toml', 'src']);
});

withCargo('given a source that can not be built, then there is a reason in one line, and no error', () => {
  const source = sources('fn main() { this is no Rust }');
  const build = buildReference(source, { ...process.env, TEMPORAL_KERNEL_CACHE: join(folder, 'cache') });
  expect(build).toEqual({ missing: expect.stringMatching(/^cargo could not build it: error[^\n]*$/) });
});
