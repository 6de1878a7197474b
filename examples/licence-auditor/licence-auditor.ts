/**
 * The licence auditor: reads the licence of every package that a project depends on, asks a person about the licences that
 * the policy does not settle, and writes a report.
 *
 * `step` says what to do next and `reduce` what an event changes; both are pure. Only tools touch the world.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import {
  allowList,
  callTool,
  complete,
  defineProgram,
  interrupt,
  retryWithBackoff,
  tool,
  transient,
  update,
  type ToolContext,
} from '../../src/kernel';
import { verdictOf } from './licence-policy';
import { licenceOf, packagesIn } from './npm-project';
import { writeReportFiles } from './report';

const BATCH = 50;
const PACKAGES_SHOWN_MAX = 20;

const Packages = z.array(z.object({ id: z.string(), path: z.string() }));
const Findings = z.array(z.object({ id: z.string(), licence: z.string() }));
const Verdict = z.enum(['allowed', 'denied', 'unknown']);
const Verdicts = z.array(z.object({ licence: z.string(), verdict: Verdict }));
const Families = z.array(
  z.object({ licence: z.string(), packages: z.array(z.string()), verdict: Verdict, by: z.enum(['policy', 'person']) }),
);
const Report = z.object({ markdown: z.string(), json: z.string(), sha256: z.string() });

const State = z.object({
  /** The project's directory, and the one that the report goes to. */
  project: z.string().min(1),
  reportTo: z.string().min(1),
  /** Share of the batches, 0 to 1, that fail on purpose. */
  flaky: z.number().min(0).max(1).default(0),
  phase: z.enum(['list', 'read', 'sort', 'ask', 'report', 'done']).default('list'),
  total: z.int().default(0),
  unread: Packages.default([]),
  families: Families.default([]),
  /** The licence that a person is being asked about. */
  asked: z.string().nullable().default(null),
  report: Report.nullable().default(null),
});
export type AuditState = z.infer<typeof State>;

export const Question = z.object({
  question: z.string(),
  licence: z.string(),
  packages: z.array(z.string()),
  more: z.int(),
});
export const Answer = z.enum(['allow', 'deny']);

const listPackages = tool({
  description: 'Lists the packages in the lock file of a project.',
  input: z.object({ project: z.string() }),
  output: Packages,
  summary: () => 'list the packages of package-lock.json',
  heartbeatTimeoutMs: 3_000,
  run: ({ project }) => packagesIn(project),
});

const readLicences = tool({
  description: 'Reads what a batch of packages say about their licence.',
  input: z.object({ project: z.string(), packages: Packages, from: z.int(), total: z.int(), flaky: z.number() }),
  output: Findings,
  summary: ({ packages, from, total }) => `read licences ${from}-${from + packages.length - 1} of ${total}`,
  heartbeatTimeoutMs: 3_000,
  run: async ({ project, packages, flaky }, context) => {
    failOnPurpose(flaky, context);
    return await Promise.all(
      packages.map(async ({ id, path }) => ({ id, licence: await licenceOf(join(project, path)) })),
    );
  },
});

const writeReport = tool({
  description: 'Writes the report. The same families give the same bytes, however often it is tried.',
  input: z.object({ directory: z.string(), families: Families }),
  output: Report,
  summary: ({ families }) => `write the report on ${families.length} licences`,
  heartbeatTimeoutMs: 3_000,
  run: ({ directory, families }) => writeReportFiles(directory, families),
});

export const licenceAuditor = defineProgram({
  name: 'licenceAuditor',
  description: 'Audits the licences of everything that a project depends on.',
  state: State,
  tools: { listPackages, readLicences, writeReport },
  interrupts: { asks: Question, answers: Answer },
  policy: retryWithBackoff(allowList({ tools: ['listPackages', 'readLicences', 'writeReport'] }), {
    maxRetries: 8,
    backoffBaseMs: 50,
    backoffCapMs: 1_000,
  }),

  step(state) {
    const { project, flaky, total, unread, families } = state;
    switch (state.phase) {
      case 'list':
        return callTool('listPackages', { project });
      case 'read': {
        const from = total - unread.length + 1;
        return callTool('readLicences', { project, packages: unread.slice(0, BATCH), from, total, flaky });
      }
      case 'sort':
        return update(
          families.map(({ licence }) => ({ licence, verdict: verdictOf(licence) })),
          'sort',
        );
      case 'ask':
        return interrupt(questionAbout(state));
      case 'report':
        return callTool('writeReport', { directory: state.reportTo, families });
      case 'done':
        return complete();
    }
  },

  reduce(state, event) {
    switch (event.type) {
      case 'ActionSucceeded':
        return withOutput(state, event.output);
      case 'StateUpdated':
        return asking({ ...state, families: sorted(state.families, Verdicts.parse(event.payload)) });
      case 'Interrupted':
        return { ...state, asked: Question.parse(event.value).licence };
      case 'Resumed':
        return state.asked === null ? state : asking(decided(state, Answer.parse(event.value)));
      default:
        return state;
    }
  },
});

type Families = z.infer<typeof Families>;

/** The state after the tool of its phase has answered. */
function withOutput(state: AuditState, output: unknown): AuditState {
  switch (state.phase) {
    case 'list': {
      const unread = Packages.parse(output);
      return { ...state, unread, total: unread.length, phase: unread.length === 0 ? 'sort' : 'read' };
    }
    case 'read': {
      const unread = state.unread.slice(BATCH);
      const families = gathered(state.families, Findings.parse(output));
      return { ...state, families, unread, phase: unread.length === 0 ? 'sort' : 'read' };
    }
    case 'report':
      return { ...state, report: Report.parse(output), phase: 'done' };
    default:
      return state;
  }
}

function gathered(families: Families, findings: z.infer<typeof Findings>): Families {
  const packagesOf = new Map(families.map(({ licence, packages }) => [licence, packages]));
  for (const { id, licence } of findings) packagesOf.set(licence, [...(packagesOf.get(licence) ?? []), id]);
  return [...packagesOf].map(([licence, packages]) => ({ licence, packages, verdict: 'unknown', by: 'policy' }));
}

function sorted(families: Families, verdicts: z.infer<typeof Verdicts>): Families {
  const verdictOn = new Map(verdicts.map(({ licence, verdict }) => [licence, verdict]));
  return families.map((family) => ({ ...family, verdict: verdictOn.get(family.licence) ?? 'unknown' }));
}

function decided(state: AuditState, answer: z.infer<typeof Answer>): AuditState {
  const verdict = answer === 'allow' ? 'allowed' : 'denied';
  const families = state.families.map((family): Families[number] =>
    family.licence === state.asked ? { ...family, verdict, by: 'person' } : family,
  );
  return { ...state, families, asked: null };
}

/** Goes on asking for as long as a licence is open. */
function asking(state: AuditState): AuditState {
  return { ...state, phase: state.families.some(({ verdict }) => verdict === 'unknown') ? 'ask' : 'report' };
}

function questionAbout({ families, total }: AuditState): z.infer<typeof Question> {
  const open = families.find(({ verdict }) => verdict === 'unknown');
  if (open === undefined) throw new Error('there is nothing to ask');
  const packages = open.packages.slice(0, PACKAGES_SHOWN_MAX);
  const question = `Allow “${open.licence}” (${open.packages.length} of ${total} packages)?`;
  return { question, licence: open.licence, packages, more: open.packages.length - packages.length };
}

/** Fails by a hash and not by chance: the same action fails in the same attempts, and never in all of them. */
function failOnPurpose(flaky: number, { actionId, attempt }: ToolContext): void {
  const draw = createHash('sha256').update(`${actionId} ${attempt}`).digest().readUInt32BE() / 2 ** 32;
  if (draw < flaky && attempt <= 5) throw transient(`attempt ${attempt} fails on purpose`);
}
