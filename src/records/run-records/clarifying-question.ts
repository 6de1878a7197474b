/** Whether a run asked what it should have asked, and no more. */
import type { ClarifyingQuestionEvalSpec, ReplayFixture } from './replay-fixture-record';
import { ClarifyingQuestionEvalSpecSchema } from './replay-fixture-record';
import type { RunRecordDocument } from './run-record';

/** What is wrong with the questions of a run; nothing when they are as the fixture wants them. */
export function evaluateClarifyingQuestion(run: RunRecordDocument, fixture: ReplayFixture): readonly string[] {
  const spec = fixture.clarifying_question ?? ClarifyingQuestionEvalSpecSchema.parse({});
  const prompts = run.hitl_questions.map(({ prompt }) => prompt);
  const min = Math.max(1, spec.min_questions);
  const max = Math.max(1, spec.max_questions ?? 1);
  const failures: string[] = [];
  if (run.status !== fixture.expected_status) {
    failures.push(`run status mismatch: expected ${fixture.expected_status}, got ${run.status}`);
  }
  if (prompts.length < min) {
    failures.push(`expected at least ${min} clarifying question(s), got ${prompts.length}`);
  }
  if (prompts.length > max) {
    failures.push(`expected at most ${max} clarifying question(s), got ${prompts.length}`);
  }
  if (prompts.length > 0 && !prompts.some((prompt) => fits(plain(prompt), spec))) {
    const actual = prompts.map((prompt) => JSON.stringify(prompt)).join(', ');
    failures.push(`no clarifying question matched fixture; actual questions: ${actual}`);
  }
  return failures;
}

function fits(question: string, spec: ClarifyingQuestionEvalSpec): boolean {
  const accepted = spec.accepted_questions.map(plain);
  return (
    (spec.expected_question === null || question === plain(spec.expected_question)) &&
    (accepted.length === 0 || accepted.includes(question)) &&
    spec.required_terms.every((term) => question.includes(plain(term))) &&
    spec.forbidden_terms.every((term) => !question.includes(plain(term)))
  );
}

/** Letters and digits of a text in lower case, with one space between words. */
function plain(text: string): string {
  return text
    .replace(/[^A-Za-z0-9\s]/gu, ' ')
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    .trim()
    .split(/\s+/)
    .join(' ');
}
