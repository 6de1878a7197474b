/** A timeline as a drawing: a line for each step, with a bar that says when it was and how long it took. */
import { durationText } from '../duration';
import type { TimelineOutput, TimelineStep } from '../output/timeline';
import { statusStyled } from '../status-style';
import { charactersOf, excerpt } from '../characters';
import { printable, type Style, type Terminal } from '../terminal';

/** Widest bars and narrowest, in characters. */
const BAR_MAX = 40;
const BAR_MIN = 12;

/** Longest text of a step, in characters. */
const WHAT_MAX = 48;

/** Longest text of a result. */
const RESULT_MAX = 40;

const MARK: Readonly<Record<TimelineStep['kind'], string>> = {
  tool: '●',
  model: '◉',
  child: '▶',
  sleep: '◷',
  signal: '⚑',
  question: '?',
  answer: '!',
  vote: '✓',
  pause: '‖',
  message: '✉',
  update: '·',
  end: '■',
};

/** Steps in which the run waits for somebody or something, and does no work. */
const WAITS: ReadonlySet<TimelineStep['kind']> = new Set(['sleep', 'signal', 'question', 'pause']);

interface Line {
  readonly seqs: string;
  readonly what: string;
  readonly step: TimelineStep;
}

/** The moments between which the bars lie, in milliseconds since 1970. */
interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export function drawing(timeline: TimelineOutput, terminal: Terminal): string[] {
  const lines = linesOf(timeline, 0);
  const seqs = Math.max(0, ...lines.map((line) => line.seqs.length));
  const what = Math.max(0, ...lines.map((line) => charactersOf(line.what).length));
  const bar = Math.max(BAR_MIN, Math.min(BAR_MAX, terminal.columns - seqs - what - 24));
  const span = { fromMs: Date.parse(timeline.startedAt), toMs: Date.parse(timeline.lastEntryAt) };
  const left = timeline.entriesLeftOut === 0 ? [] : [`… ${timeline.entriesLeftOut} entries more (--limit)`];
  return [
    `${terminal.styled('bold', timeline.runId)}  ${timeline.program} v${timeline.version}  ` +
      `${statusStyled(terminal, timeline.status)}  ${durationText(span.toMs - span.fromMs)}`,
    ...lines.map((line) => {
      const { step } = line;
      const cells = [
        line.seqs.padStart(seqs),
        terminal.styled(styleOf(step), line.what + ' '.repeat(what - charactersOf(line.what).length)),
        `▕${terminal.styled(styleOf(step), barOf(step, span, bar))}▏`,
        lengthOf(step).padStart(10),
        notesOf(step),
      ];
      return cells.join(' ').trimEnd();
    }),
    ...left,
  ];
}

function linesOf({ steps }: TimelineOutput, depth: number): Line[] {
  return steps.flatMap((step) => {
    const what = `${'  '.repeat(depth)}${MARK[step.kind]} ${excerpt(printable(step.what), WHAT_MAX)}`;
    const seqs = step.to === null ? String(step.from) : `${step.from}-${step.to}`;
    const line = { seqs, what, step };
    return step.child === null ? [line] : [line, ...linesOf(step.child, depth + 1)];
  });
}

/** A bar: work is full, waiting is shaded; what lasts goes on to the end. */
function barOf({ kind, startedAt, endedAt }: TimelineStep, { fromMs, toMs }: Span, width: number): string {
  const place = (ms: number): number => {
    const share = toMs <= fromMs ? 0 : (ms - fromMs) / (toMs - fromMs);
    return Math.min(width - 1, Math.max(0, Math.floor(share * width)));
  };
  const from = place(Date.parse(startedAt));
  const to = place(endedAt === null ? toMs : Date.parse(endedAt));
  return (' '.repeat(from) + (WAITS.has(kind) ? '░' : '█').repeat(to - from + 1)).padEnd(width);
}

function lengthOf({ startedAt, endedAt, to, outcome }: TimelineStep): string {
  if (outcome === 'open') return 'open';
  return to === null || endedAt === null ? '' : durationText(Date.parse(endedAt) - Date.parse(startedAt));
}

function notesOf({ kind, attempts, outcome, result, childRunId }: TimelineStep): string {
  const notes = [
    attempts === null || attempts === 1 ? null : `×${attempts}`,
    childRunId,
    outcome === 'failed' || kind === 'question' || kind === 'pause' ? result : null,
  ];
  return notes
    .filter((note) => note !== null)
    .map((note) => excerpt(note, RESULT_MAX))
    .join(' ');
}

function styleOf({ kind, outcome }: TimelineStep): Style {
  if (outcome === 'failed') return 'red';
  if (outcome === 'open' || kind === 'question' || kind === 'signal' || kind === 'pause') return 'yellow';
  return kind === 'update' || kind === 'sleep' ? 'dim' : 'green';
}
