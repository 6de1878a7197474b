/** What the demo found out, and how it says so. */
import { relative } from 'node:path';
import type { RunStatus, StoredLog } from '../../../src/kernel';
import type { Verdict } from '../../../src/mirror';
import type { AuditState } from '../licence-auditor';
import { timelineTable } from './timeline-table';

export interface Outcome {
  readonly runId: string;
  readonly status: RunStatus;
  readonly state: AuditState;
  readonly startedAtMs: number;
  readonly log: readonly StoredLog[];
  /** The hash of the last entry, as the run's worker tells it. */
  readonly toldHash: string | null;
  /** The mirrored log against Temporal's history. */
  readonly verdict: Verdict;
  /** Attempts of each action, by action id. */
  readonly attempts: ReadonlyMap<string, number>;
  /** The worker that was killed, and whether the outcome is that of an undisturbed twin; null without `--kill`. */
  readonly killed: { readonly pid: number; readonly sameAsTwin: boolean } | null;
  readonly webUi: string | null;
  /** The file of the run's record. */
  readonly record: string;
}

/** Whether the run completed, and everything that can be compared is equal. */
export function isGood({ status, verdict, toldHash, killed }: Outcome): boolean {
  return status.status === 'completed' && verdict.ok && toldHash === verdict.hash && killed?.sameAsTwin !== false;
}

/** The outcome as lines for a person. */
export function outcomeLines(outcome: Outcome): string[] {
  const { status, state, log, verdict, toldHash, killed } = outcome;
  const table = timelineTable(log, outcome.startedAtMs, outcome.attempts).map((line) => `  ${line}`);
  return [
    '',
    ...(status.status === 'completed' ? reportLines(state) : [`The run did not complete: ${JSON.stringify(status)}`]),
    '',
    'Timeline',
    ...table,
    '',
    `Events:    ${verdict.head}`,
    `Head hash: ${verdict.hash}`,
    verdict.ok
      ? 'Verified:  yes. The mirrored log is what Temporal’s history gives, event by event'
      : 'Verified:  NO. The mirrored log and Temporal’s history differ:',
    ...verdict.problems.map(({ reason }) => `           ${reason}`),
    toldHash === verdict.hash
      ? '           and the worker that ran it tells the same hash.'
      : `           NO: the worker that ran it tells the hash ${toldHash ?? '(none)'}.`,
    ...(killed === null ? [] : killLines(killed, log.length)),
    `Record:    ${relative('', outcome.record)}`,
  ];
}

/** The outcome for programs. */
export function outcomeJson(outcome: Outcome): string {
  const { runId, status, state, log, verdict, toldHash, attempts, killed, webUi, record } = outcome;
  const retries = [...attempts.values()].reduce((sum, count) => sum + count - 1, 0);
  const report = state.report;
  return JSON.stringify({
    runId,
    status,
    report,
    events: log.length,
    verdict,
    toldHash,
    retries,
    killed,
    webUi,
    record,
  });
}

function reportLines({ report, total, families }: AuditState): string[] {
  if (report === null) return [];
  const denied = families
    .filter(({ verdict }) => verdict === 'denied')
    .reduce((sum, { packages }) => sum + packages.length, 0);
  return [
    `Report:    ${relative('', report.markdown)} (and ${relative('', report.json)})`,
    `           ${total} packages: ${total - denied} allowed, ${denied} denied`,
  ];
}

function killLines({ pid, sameAsTwin }: NonNullable<Outcome['killed']>, events: number): string[] {
  return [
    `Killed:    worker process ${pid}. An undisturbed twin of the run, in process, gives`,
    sameAsTwin ? `           the same ${events} hashes, to the last.` : '           OTHER hashes.',
  ];
}
