/** What the figures were measured on. Figures of different machines, or of a busy one, can't be compared. */
import { spawnSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';

/** The machine, as the report names it. */
export interface Environment {
  readonly processor: string;
  readonly cores: number;
  readonly platform: string;
  readonly node: string;
  /** The Rust compiler; null when there is none. */
  readonly rustc: string | null;
  /** Processes that wanted to run, on average over the last minute, before anything was measured. */
  readonly load: number;
}

/** Looks at the machine. */
export function environment(): Environment {
  const processors = cpus();
  return {
    processor: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    rustc: versionOf('rustc'),
    load: currentLoad(),
  };
}

/** Processes that want to run, on average over the last minute. */
export function currentLoad(): number {
  return Math.round((loadavg()[0] ?? 0) * 10) / 10;
}

/** The version that a program says it has; null when it is not there. */
export function versionOf(program: string): string | null {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8', timeout: 30_000 });
  return status === 0 ? (/\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? stdout.trim()) : null;
}

/** The machine in a line. */
export function environmentText({ processor, cores, platform, node, rustc, load }: Environment): string {
  return `${processor}, ${cores} cores, ${platform}; node ${node}; ${rustc === null ? 'no rustc' : `rustc ${rustc}`}; load ${load}`;
}
