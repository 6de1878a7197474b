/** The records: what is built from a run's log for others to read. */
export * from './execution-events';
export * from './run-records';
