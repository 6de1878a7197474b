/** One thing that a doctor looks at. */
import { failureOf } from '../failure';
import type { DoctorOutput } from '../output/doctor';

export type Check = DoctorOutput['checks'][number];
export type CheckName = Check['name'];

export const fine = (name: CheckName, found: string): Check => ({ name, verdict: 'ok', found, advice: null });

export const skipped = (name: CheckName, found: string): Check => ({ name, verdict: 'skipped', found, advice: null });

export const wrong = (name: CheckName, verdict: 'warning' | 'bad', found: string, advice: string | null): Check => {
  return { name, verdict, found, advice };
};

/** A check that throws what is wrong. */
export async function checked(name: CheckName, look: () => Promise<Check>): Promise<Check> {
  try {
    return await look();
  } catch (error) {
    const { message, advice } = failureOf(error);
    return wrong(name, 'bad', message, advice);
  }
}
