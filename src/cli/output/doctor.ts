import { z } from 'zod';

/** `doctor --json`. */
export const DoctorOutput = z.strictObject({
  /** Whether nothing is `bad`. */
  ok: z.boolean(),
  checks: z
    .array(
      z.strictObject({
        name: z.enum([
          'programs',
          'server',
          'namespace',
          'visibility',
          'updates',
          'limits',
          'workflow worker',
          'tool worker',
          'store',
        ]),
        /** `skipped`: it was not asked for, or can't be seen without what is bad. */
        verdict: z.enum(['ok', 'warning', 'bad', 'skipped']),
        found: z.string(),
        /** How to mend it; null where nothing is wrong. */
        advice: z.string().nullable(),
      }),
    )
    .readonly(),
});
export type DoctorOutput = z.infer<typeof DoctorOutput>;
