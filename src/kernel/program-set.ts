/** The programs that a worker, a client or a mirror knows: several of them, and of each perhaps several versions. */
import { KernelError } from './error';
import type { DefinedProgram } from './program';

/** Finds programs by name and version. */
export class ProgramSet {
  /** By name; the versions of one name with the newest first. */
  readonly #byName = new Map<string, readonly DefinedProgram[]>();

  /** @throws KernelError `InvalidProgram` when two have one name and version */
  constructor(programs: readonly DefinedProgram[]) {
    for (const program of programs) {
      const { name, version } = program;
      const others = this.#byName.get(name) ?? [];
      if (others.some((other) => other.version === version)) {
        throw new KernelError('InvalidProgram', `two programs are named ${name} and have version ${version}`);
      }
      this.#byName.set(
        name,
        [...others, program].sort((one, other) => other.version - one.version),
      );
    }
  }

  /** Every version of every program. */
  get all(): readonly DefinedProgram[] {
    return [...this.#byName.values()].flat();
  }

  /** The known versions of a program, the newest first; none when it is unknown. */
  versionsOf(name: string): readonly DefinedProgram[] {
    return this.#byName.get(name) ?? [];
  }

  /** The newest version of a program. @throws KernelError `UnknownProgram` */
  newest(name: string): DefinedProgram {
    const [newest] = this.versionsOf(name);
    if (newest !== undefined) return newest;
    const known = [...this.#byName.keys()].join(', ') || 'none';
    throw new KernelError('UnknownProgram', `no program ${JSON.stringify(name)} is known here; known: ${known}`);
  }

  /** One version of a program. @throws KernelError `UnknownProgram`, `UnknownProgramVersion` */
  version(name: string, version: number): DefinedProgram {
    this.newest(name);
    const found = this.versionsOf(name).find((program) => program.version === version);
    if (found !== undefined) return found;
    const known = this.versionsOf(name)
      .map((program) => program.version)
      .join(', ');
    throw new KernelError(
      'UnknownProgramVersion',
      `version ${version} of ${name} is not known here (known: ${known}): keep it for as long as its runs matter`,
    );
  }
}
