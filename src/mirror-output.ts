/**
 * What the mirror's process prints: on stdout a line for each run, and one for the whole, as text or as JSON; on stderr how far it is,
 * and what went wrong.
 */
import { isKernelError, messageOf } from './kernel';
import type { MirrorMetrics, MirrorReport, Verdict } from './mirror';

/** What became of everything. */
export interface MirrorSummary extends Pick<
  MirrorMetrics,
  'looks' | 'runs' | 'closed' | 'entries' | 'skipped' | 'lagMs'
> {
  /** Runs, or files, that failed. */
  readonly failed: number;
  /** Logs that were verified, and how many of them differ; null when none was to be. */
  readonly verified: { readonly logs: number; readonly differing: number } | null;
}

export class MirrorOutput {
  readonly #json: boolean;
  #failed = 0;
  #verified = 0;
  #differing = 0;

  constructor(json: boolean) {
    this.#json = json;
  }

  /** Runs, files and verifications that failed. */
  get failures(): number {
    return this.#failed + this.#differing;
  }

  run(report: MirrorReport): void {
    const { runId, head, hash, added, closed } = report;
    if (this.#json) this.#line({ type: 'run', ...report });
    else this.#text(`${runId}  ${closed ?? 'running'}  ${head} entries (+${added})  ${hash}`);
  }

  verdict(runId: string, verdict: Verdict): void {
    this.#verified += 1;
    if (!verdict.ok) this.#differing += 1;
    if (this.#json) {
      this.#line({ type: 'verdict', runId, ...verdict });
      return;
    }
    const checks = verdict.checks.join(', ');
    this.#text(
      `${runId}  ${verdict.ok ? 'verified' : 'DIFFERS'} (${checks})  ${verdict.head} entries  ${verdict.hash}`,
    );
    for (const { check, seq, historyEventId, reason } of verdict.problems) {
      this.#text(`    ${check}: entry ${seq ?? '?'}, history event ${historyEventId ?? '?'}: ${reason}`);
    }
  }

  /** Something could not be mirrored. @param what the run, or the file */
  failure(what: { readonly runId: string } | { readonly file: string }, error: unknown): void {
    this.#failed += 1;
    const code = isKernelError(error) ? error.code : null;
    const reason = messageOf(error);
    if (this.#json) this.#line({ type: 'failure', ...what, code, reason });
    else
      this.#text(`${'runId' in what ? what.runId : what.file}  FAILED  ${code === null ? '' : `${code}: `}${reason}`);
  }

  summary(metrics: Omit<MirrorSummary, 'failed' | 'verified'>, isVerifying: boolean): void {
    const { looks, runs, closed, entries, skipped, lagMs } = metrics;
    const verified = isVerifying ? { logs: this.#verified, differing: this.#differing } : null;
    const summary: MirrorSummary = { looks, runs, closed, entries, skipped, lagMs, failed: this.#failed, verified };
    if (this.#json) {
      this.#line({ type: 'summary', ...summary });
      return;
    }
    const verdict = verified === null ? '' : `; ${verified.logs} verified, ${verified.differing} differ`;
    this.#text(
      `mirrored: ${looks} looks, ${runs} new runs, ${closed} ended, ${entries} entries added, ` +
        `${skipped} left alone, ${this.#failed} failed${verdict}`,
    );
  }

  /** Something that is no result. */
  note(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  /** A line that is not about a run; with JSON it goes to stderr. */
  status(text: string): void {
    if (this.#json) this.note(text);
    else this.#text(text);
  }

  #line(value: unknown): void {
    this.#text(JSON.stringify(value));
  }

  #text(text: string): void {
    process.stdout.write(`${text}\n`);
  }
}
