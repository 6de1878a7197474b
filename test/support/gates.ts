/** Gates: a tool waits at one until the test, which runs in the same process, opens it. So nothing depends on how fast anybody is. */

interface Gate {
  readonly entered: PromiseWithResolvers<undefined>;
  readonly opened: PromiseWithResolvers<undefined>;
}

const gates = new Map<string, Gate>();

function gateOf(name: string): Gate {
  const gate = gates.get(name) ?? { entered: withResolvers(), opened: withResolvers() };
  gates.set(name, gate);
  return gate;
}

/** Waits until somebody is at the gate. */
export async function somebodyAt(name: string): Promise<void> {
  await gateOf(name).entered.promise;
}

/** Lets everybody through from now on. */
export function openGate(name: string): void {
  gateOf(name).opened.resolve(undefined);
}

/** Waits at the gate. */
export async function passGate(name: string): Promise<void> {
  const { entered, opened } = gateOf(name);
  entered.resolve(undefined);
  await opened.promise;
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((given) => {
    resolve = given;
  });
  return { promise, resolve };
}
