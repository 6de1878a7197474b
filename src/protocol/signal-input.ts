/**
 * How a Temporal signal or update becomes an input of the machine. The workflow and the mirror both read them through
 * this.
 */
import { isPlainObject, type Input } from '../kernel';
import { NAMED_SIGNAL, RESUME_SIGNAL } from './names';
import type { Answer } from './run-input';

/** The input that a signal means. Whatever was sent, it means something; what makes no sense is refused by its schema. */
export function inputOfSignal(signal: string, args: readonly unknown[]): Input {
  const [first, second] = args;
  if (signal === RESUME_SIGNAL) {
    const interruptId = isPlainObject(second) ? second['interruptId'] : undefined;
    return { type: 'resume', value: first ?? null, ...(typeof interruptId === 'string' ? { interruptId } : {}) };
  }
  if (signal !== NAMED_SIGNAL) return { type: 'signal', name: signal, value: first ?? null };
  if (isPlainObject(first) && typeof first['name'] === 'string') {
    return { type: 'signal', name: first['name'], value: first['value'] ?? null };
  }
  return { type: 'signal', name: typeof first === 'string' ? first : '', value: second ?? null };
}

/** The input that an `answer` update means. */
export function inputOfAnswer(answer: unknown): Input {
  const { interruptId, value } = isPlainObject(answer) ? (answer as Partial<Answer>) : {};
  return { type: 'resume', interruptId: typeof interruptId === 'string' ? interruptId : '', value: value ?? null };
}
