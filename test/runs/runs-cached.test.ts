import { describeRuns } from './runs-suite';

describeRuns('runs on a worker with a cache', {});
