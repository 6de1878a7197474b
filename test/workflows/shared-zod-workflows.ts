/** A workflow that uses all of zod that could keep something of a run. */
import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import { z } from 'zod';

export const goOn = defineSignal('goOn');

/** What a run sees of zod. */
export interface Sight {
  /** The words of an error under this run's settings: before it chose any, after, and after others ran. */
  readonly words: readonly string[];
  /** Whether the registry has a description of another run. */
  readonly strangers: boolean;
  /** What the registry says of this run's schema, after others ran. */
  readonly described: unknown;
  readonly schema: unknown;
  /** Which of the formats took what they ought to take, and refused what they ought not, twice. */
  readonly formats: Readonly<Record<string, readonly boolean[]>>;
  /** Whether a run before this one has met the same zod. */
  readonly met: boolean;
}

const FORMATS: Readonly<Record<string, readonly [schema: z.ZodType, good: string]>> = {
  email: [z.email(), 'ada@example.com'],
  uuid: [z.uuid(), '0b2f4c1e-8f4e-4b57-9f7e-3f3b7c3a9b10'],
  url: [z.url(), 'https://example.com/'],
  ipv4: [z.ipv4(), '127.0.0.1'],
  cidr: [z.cidrv4(), '10.0.0.0/8'],
  datetime: [z.iso.datetime(), '2026-01-02T03:04:05Z'],
  number: [z.stringFormat('number', /^\d+$/), '42'],
  global: [z.string().regex(/^a+$/g), 'aaa'],
  start: [z.string().startsWith('a'), 'abc'],
};

/** Chooses settings and describes a schema under an id that all runs use, waits if it is told to, and says what it saw. */
export async function seesZod(name: string, waits: boolean): Promise<Sight> {
  let isTold = !waits;
  setHandler(goOn, () => {
    isTold = true;
  });
  const marks = z.string as { met?: boolean };
  const met = marks.met === true;
  marks.met = true;

  const words = [wordsOfAnError()];
  const strangers = z.globalRegistry._idmap.has('person');
  z.config({ customError: () => `refused by ${name}` });
  const person = z.object({ name: z.string() }).meta({ id: 'person', title: name });
  words.push(wordsOfAnError());
  await condition(() => isTold);
  words.push(wordsOfAnError());

  return {
    words,
    strangers,
    described: z.globalRegistry.get(person),
    schema: z.toJSONSchema(person),
    formats: Object.fromEntries(
      Object.entries(FORMATS).map(([format, [schema, good]]) => [
        format,
        [good, '-', good, '-'].map((text) => schema.safeParse(text).success),
      ]),
    ),
    met,
  };
}

function wordsOfAnError(): string {
  return z.number().safeParse('one').error?.issues[0]?.message ?? 'none';
}
