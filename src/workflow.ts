/** `temporal-kernel/workflow`: for workflows files. It runs inside the workflow sandbox. */
export * from './workflows';
