/** The task queue that programs run on unless told otherwise. */
export const DEFAULT_TASK_QUEUE = 'temporal-kernel';
