import { z } from 'zod';

/** `programs --json`. */
export const ProgramsOutput = z.strictObject({
  programs: z
    .array(
      z.strictObject({
        name: z.string(),
        version: z.int().positive(),
        description: z.string().nullable(),
        /** Tools by name; `program` is the program that a tool starts as a child run. */
        tools: z
          .array(
            z.strictObject({ name: z.string(), description: z.string().nullable(), program: z.string().nullable() }),
          )
          .readonly(),
        providers: z.array(z.string()).readonly(),
      }),
    )
    .readonly(),
});
export type ProgramsOutput = z.infer<typeof ProgramsOutput>;
