/** The connection of a process to the server that its environment names, with errors that say what to do. */
import type { MetricMeter } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import { messageOf } from './kernel';
import { WorkerEnvironmentError, type WorkerEnvironment } from './worker-environment';

const GRPC_NOT_FOUND = 5;

/** What the SDK says when a server answers that this caller may not connect: it hands on no code. */
const REFUSAL = /does not have permission|does not have valid authentication/;

/** Sets Temporal's runtime up: where it logs, and where it tells its metrics; gives what measures them. */
export async function installRuntime({
  logLevel,
  metricsAddress,
}: Pick<WorkerEnvironment, 'logLevel' | 'metricsAddress'>): Promise<MetricMeter> {
  const { DefaultLogger, Runtime } = await import('@temporalio/worker');
  try {
    return Runtime.install({
      logger: new DefaultLogger(logLevel),
      // The signals are ours: one that comes before the worker exists must count too.
      shutdownSignals: [],
      ...(metricsAddress === null
        ? {}
        : { telemetryOptions: { metrics: { prometheus: { bindAddress: metricsAddress, unitSuffix: true } } } }),
    }).metricMeter;
  } catch (error) {
    if (metricsAddress === null) throw error;
    throw new WorkerEnvironmentError(
      'TEMPORAL_KERNEL_METRICS',
      `is ${metricsAddress}, where nothing can listen: ${messageOf(error)}`,
      'give an address of this machine and a port that nobody else has.',
      { cause: error },
    );
  }
}

/** @throws WorkerEnvironmentError where no server answers, or it has no such namespace */
export async function connectTo(
  environment: Pick<WorkerEnvironment, 'address' | 'namespace' | 'apiKey' | 'tls'>,
): Promise<NativeConnection> {
  const connection = await connect(environment);
  try {
    await assertNamespace(connection, environment);
  } catch (error) {
    await connection.close();
    throw error;
  }
  return connection;
}

async function connect({
  address,
  apiKey,
  tls,
}: Pick<WorkerEnvironment, 'address' | 'apiKey' | 'tls'>): Promise<NativeConnection> {
  const { NativeConnection } = await import('@temporalio/worker');
  try {
    return await NativeConnection.connect({
      address,
      ...(apiKey === null ? {} : { apiKey }),
      ...(tls === null ? {} : { tls }),
    });
  } catch (error) {
    if (REFUSAL.test(messageOf(error))) {
      throw new WorkerEnvironmentError(
        'TEMPORAL_API_KEY',
        `does not do: the server at ${address} refuses: ${messageOf(error)}`,
        'give a key, or certificates (TEMPORAL_TLS_…), that may use it.',
        { cause: error },
      );
    }
    throw new WorkerEnvironmentError(
      'TEMPORAL_ADDRESS',
      `is ${address}, where no Temporal server answers: ${messageOf(error)}`,
      'start a server there (`temporal server start-dev` is one), or set TEMPORAL_ADDRESS to where one runs.',
      { cause: error },
    );
  }
}

/** Whoever may not look at the namespace may still work in it: only one that is not there is an error here. */
async function assertNamespace(
  connection: NativeConnection,
  { namespace, address }: Pick<WorkerEnvironment, 'namespace' | 'address'>,
): Promise<void> {
  try {
    await connection.workflowService.describeNamespace({ namespace });
  } catch (error) {
    if (codeOf(error) !== GRPC_NOT_FOUND) return;
    throw new WorkerEnvironmentError(
      'TEMPORAL_NAMESPACE',
      `is ${namespace}, and the server at ${address} has no such namespace`,
      `create it (\`temporal operator namespace create --namespace ${namespace}\`), or name one that is there.`,
      { cause: error },
    );
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
