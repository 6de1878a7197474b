/** The golden documents beside this file: what the reference printed, copied from its runs and never written by hand. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const DIRECTORY = join(__dirname, 'execution-events');

/** A document that is one JSON text. */
export function readGolden(name: string): unknown {
  return JSON.parse(readFileSync(join(DIRECTORY, name), 'utf8'));
}

/** A document that has one JSON text a line. */
export function readGoldenLines(name: string): readonly unknown[] {
  const lines = readFileSync(join(DIRECTORY, name), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as unknown);
}

/** A form of an event, as the reference printed it. */
export interface GoldenForm {
  readonly type: string;
  readonly form: string;
  readonly text: string;
  readonly stored: string;
}

/** Every form of every type of event. */
export function goldenForms(): readonly GoldenForm[] {
  const names = readdirSync(DIRECTORY).filter((name) => name.startsWith('event_'));
  return names.flatMap((name) => {
    const document = readGolden(name) as {
      readonly name: string;
      readonly forms: readonly { readonly form: string; readonly text: string; readonly stored_event_text: string }[];
    };
    return document.forms.map(({ form, text, stored_event_text: stored }) => ({
      type: document.name,
      form,
      text,
      stored,
    }));
  });
}

/** What the reference's parser made of a text: its own text for it, or an error. */
export interface GoldenParse {
  readonly input_text: string;
  readonly ok_text?: string;
  readonly error?: string;
}
