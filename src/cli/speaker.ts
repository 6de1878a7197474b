/** Who says something to a run: the flags of the verbs that people speak with. Whoever may send to a run vouches for names and roles. */
import type { Command } from 'commander';
import type { Seq } from '../kernel';
import { collected } from './options';

export interface SpeakerFlags {
  readonly by?: string;
  readonly id?: string;
}

export interface AnswerFlags extends SpeakerFlags {
  readonly interrupt?: string;
  readonly role?: readonly string[];
}

/** Adds `--by` and `--id`. */
export function withSpeaker(command: Command, what: string): Command {
  return command
    .option('--by <NAME>', `who says so; it is in the log`)
    .option('--id <ID>', `names ${what}: said again with the same id, it counts once`);
}

/** Adds the flags of an answer. */
export function withAnswer(command: Command): Command {
  return withSpeaker(
    command
      .option('--interrupt <ID>', 'the interrupt that is meant; without it, the one that is pending')
      .option(
        '--role <NAME>',
        'what you are, where people with a role may answer; can be given several times',
        collected,
      ),
    'the answer',
  );
}

/** The flags, as the client takes them. */
export function speakerOf({ by, id }: SpeakerFlags): SpeakerFlags {
  return { ...(by === undefined ? {} : { by }), ...(id === undefined ? {} : { id }) };
}

/** The flags of an answer, as the client takes them. */
export function answererOf({ interrupt, role, ...speaker }: AnswerFlags): {
  readonly interruptId?: string;
  readonly roles?: readonly string[];
} & SpeakerFlags {
  return {
    ...speakerOf(speaker),
    ...(interrupt === undefined ? {} : { interruptId: interrupt }),
    ...(role === undefined ? {} : { roles: role }),
  };
}

/** What became of what was said, after words like `answered A-1001`. */
export function receiptText({ seq, again = false }: { readonly seq: Seq; readonly again?: boolean }): string {
  return again ? 'was said before, and counts once' : `entry ${seq} of its log`;
}
