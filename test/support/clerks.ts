/** Clerks at work on a real server. */
import { running, type Errand } from './clerk';
import { RunHarness, type HarnessOptions } from './run-harness';

/** What a worker of the clerks is made of. */
export const CLERKS_SOURCES = { programs: require.resolve('./clerk'), workflows: require.resolve('./workflows') };

export class Clerks {
  readonly harness: RunHarness;

  private constructor(harness: RunHarness) {
    this.harness = harness;
  }

  static async atWork(options: HarnessOptions = {}): Promise<Clerks> {
    const harness = await RunHarness.open(options);
    const clerks = new Clerks(harness);
    await clerks.startWorker();
    return clerks;
  }

  get kernel(): RunHarness['kernel'] {
    return this.harness.kernel;
  }

  async startWorker(): Promise<void> {
    await this.harness.startWorker();
  }

  async run(
    errands: readonly Errand[],
    options: { program?: string; startedBy?: string; continueAfterEvents?: number } = {},
  ): Promise<string> {
    const { program = 'clerk', ...more } = options;
    const runId = this.harness.newRunId();
    await this.kernel.start(program, { runId, initialState: running(...errands), ...more });
    return runId;
  }

  /** What a run's clerk has heard. */
  async heard(runId: string): Promise<readonly unknown[]> {
    return ((await this.kernel.state(runId)) as unknown as { heard: unknown[] }).heard;
  }

  async blocked(runId: string): Promise<{ readonly id: string; readonly value: unknown }> {
    const status = await this.kernel.runUntilBlocked(runId);
    if (status.status === 'blocked' && status.blocked.interrupt !== null) return status.blocked.interrupt;
    throw new Error(`run ${runId} is ${JSON.stringify(status)}`);
  }
}
