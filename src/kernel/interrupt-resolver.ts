/**
 * Interrupt resolvers: who finds the answer to an interrupt.
 *
 * Source: Oris kernel, `interrupt_resolver`. The reference takes every interrupt for the API's; here it goes to the handler of
 * the source that it names, and to no other: an approval that the policy engine asks for is not the API's to give. A
 * resolver only finds an answer. Delivering it is the caller's, and the run decides whether it takes it.
 */
import { isKernelError, KernelError, messageOf } from './error';
import type { InterruptId } from './identity';
import { sourceName, type Interrupt, type InterruptSource } from './interrupt';
import type { InterruptStore } from './interrupt-store';
import { sealJson, type Json } from './json';

/** Finds answers. */
export interface InterruptResolver {
  /**
   * The answer to resume the run with.
   *
   * @throws KernelError `InterruptNotFound`, `InterruptTimeout`, `InterruptRejected`, `NoInterruptHandler`, `InvalidAnswer` for
   *   an answer that is no JSON, `InterruptUnresolved` for whatever else went wrong
   */
  resolve(interrupt: Interrupt): Promise<Json>;
}

/** Answers the interrupts of one source. The kernel has no clock: a handler that gives up says so (`interruptTimeout`). */
export type InterruptHandler = (interrupt: Interrupt) => unknown;

/** Gives each interrupt to the handler of its source. Immutable: `withHandler` gives another one. */
export class UnifiedInterruptResolver implements InterruptResolver {
  readonly #handlers: ReadonlyMap<string, InterruptHandler>;

  constructor(handlers: ReadonlyMap<string, InterruptHandler> = new Map()) {
    this.#handlers = handlers;
  }

  /** A resolver with one handler more; it takes the place of an earlier one of the same source. */
  withHandler(source: InterruptSource, handler: InterruptHandler): UnifiedInterruptResolver {
    return new UnifiedInterruptResolver(new Map(this.#handlers).set(keyOf(source), handler));
  }

  async resolve(interrupt: Interrupt): Promise<Json> {
    const handler = this.#handlers.get(keyOf(interrupt.source));
    if (handler === undefined) {
      throw new KernelError(
        'NoInterruptHandler',
        `interrupt ${interrupt.id} is one of source ${sourceName(interrupt.source)}, which has no handler`,
      );
    }
    let answer: unknown;
    try {
      answer = await handler(interrupt);
    } catch (error) {
      if (isKernelError(error)) throw error;
      throw new KernelError('InterruptUnresolved', `interrupt ${interrupt.id}: ${messageOf(error)}`, { cause: error });
    }
    try {
      return sealJson(answer);
    } catch (error) {
      throw new KernelError('InvalidAnswer', `the answer to interrupt ${interrupt.id}: ${messageOf(error)}`);
    }
  }
}

/**
 * The answer to an interrupt that a store keeps. The store is left as it is: the interrupt is deleted once its answer is in
 * the log.
 *
 * @throws KernelError `InterruptNotFound`; those of the resolver and of the store
 */
export async function resolveStored(
  store: Pick<InterruptStore, 'load'>,
  resolver: InterruptResolver,
  id: InterruptId,
): Promise<Json> {
  const interrupt = await store.load(id);
  if (interrupt === null) throw interruptNotFound(id);
  return await resolver.resolve(interrupt);
}

/** Nobody knows of such an interrupt. */
export function interruptNotFound(id: InterruptId): KernelError {
  return new KernelError('InterruptNotFound', `interrupt not found: ${id}`);
}

/** Nobody answered in time. */
export function interruptTimeout(id: InterruptId): KernelError {
  return new KernelError('InterruptTimeout', `nobody answered interrupt ${id} in time`);
}

/** Whoever was asked will not answer. */
export function interruptRejected(id: InterruptId, reason: string): KernelError {
  return new KernelError('InterruptRejected', `interrupt ${id} was rejected: ${reason}`);
}

/** A source that somebody names `Api` is not the API. */
function keyOf(source: InterruptSource): string {
  return source.type === 'Custom' ? `Custom ${source.name}` : source.type;
}
