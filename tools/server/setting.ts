/** An environment variable, as a shell user means it: one that is set to nothing is not set. */
export function setting(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = env[name];
  return value === '' ? undefined : value;
}
