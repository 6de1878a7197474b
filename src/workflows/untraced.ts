/**
 * Promises of which Temporal's sandbox takes no stack trace.
 *
 * The sandbox makes an error for every promise of a workflow, and formats its stack with the bundle's source map, to have it ready for a query. The
 * promises that a run needs are this kernel's own, so such a stack says nothing about the program; what a run waits for is in its current details. To
 * take them was a tenth of what a step costs in the sandbox's thread.
 *
 * Guarantees: only whoever looks `Error` up in the globals meanwhile finds a stand-in, and it makes a usual error of everything that has a
 * message. A sandbox that takes traces in another way takes them as before.
 */
const Traced = Error;

/** What the sandbox makes without a message it only asks for its stack: an error that has none is not kept. */
function Untraced(...args: ConstructorParameters<ErrorConstructor>): object {
  return args.length === 0 ? {} : new Traced(...args);
}

/** Does something at once whose promises need no stack trace. */
export function untraced<R>(act: () => R): R {
  const realm = globalThis as unknown as { Error: unknown };
  const before = realm.Error;
  realm.Error = Untraced;
  try {
    return act();
  } finally {
    realm.Error = before;
  }
}
