import { describeRuns } from './runs-suite';

describeRuns('runs on a worker that replays at every task', { maxCachedWorkflows: 0 });
