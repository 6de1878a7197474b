/** `programs`: what can be started, and read, with the module of programs that is named. It asks no server. */
import { EXIT } from '../exit-code';
import { withPrograms, type ProgramOptions } from '../options';
import type { ProgramsOutput } from '../output/programs';
import { table } from '../table';
import { defineVerb } from '../verb';

export const programs = defineVerb<ProgramOptions>({
  name: 'programs',
  summary: 'the programs that a module exports, with their tools',
  examples: ['programs --programs ./refund.ts', 'programs --json'],
  declare: (command) => {
    withPrograms(command);
  },
  run: async ({ session, terminal }) => {
    const known = await session.programs('listing them');
    const output: ProgramsOutput = {
      programs: known.map(({ name, version, description, tools, providers }) => ({
        name,
        version,
        description,
        tools: Object.entries(tools).map(([tool, definition]) => ({
          name: tool,
          description: definition.description ?? null,
          program: definition.program?.name ?? null,
        })),
        providers: Object.keys(providers),
      })),
    };
    terminal.result(output, () =>
      table(
        output.programs.map(({ name, version, description, tools, providers }) => {
          const called = [
            ...tools.map((tool) => (tool.program === null ? tool.name : `${tool.name} (a run)`)),
            ...providers,
          ];
          return [terminal.styled('bold', name), `v${version}`, description ?? '', called.join(', ')];
        }),
      ),
    );
    return EXIT.ok;
  },
});
