/** The shell outside the sandbox: tools as activities, and what surrounds each attempt. */
export { AttemptInterceptor } from './attempt-interceptor';
export { burstActivity } from './burst';
export { burstLimits, type BurstLimits } from './burst-bounds';
export { calledTool, toolActivities, toolContext, type CalledTool, type ToolActivity } from './tool-activities';
export { WakeInterceptor } from './wake-interceptor';
