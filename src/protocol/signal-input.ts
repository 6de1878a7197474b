/**
 * How a Temporal signal or update becomes an input of the machine. The workflow and the mirror both read them through
 * this.
 */
import { isPlainObject, type Input, type Program, type Speaker } from '../kernel';
import { NAMED_SIGNAL, PAUSE_SIGNAL, RESUME_SIGNAL, STEER_SIGNAL, UNPAUSE_SIGNAL } from './names';

/** The input that a signal means. Whatever was sent, it means something; what makes no sense is refused by its schema. */
export function inputOfSignal(program: Pick<Program, 'awaitsSignal'>, signal: string, args: readonly unknown[]): Input {
  const [first, second] = args;
  if (signal === RESUME_SIGNAL) {
    const interruptId = textIn(second, 'interruptId');
    return { type: 'resume', value: first ?? null, ...named({ interruptId }), ...speakerIn(second) };
  }
  const control = program.awaitsSignal(signal) ? null : controlOf(signal, first, second);
  if (control !== null) return control;
  if (signal !== NAMED_SIGNAL) return { type: 'signal', name: signal, value: first ?? null };
  if (isPlainObject(first) && typeof first['name'] === 'string') {
    return { type: 'signal', name: first['name'], value: first['value'] ?? null };
  }
  return { type: 'signal', name: typeof first === 'string' ? first : '', value: second ?? null };
}

/** The input that an `answer` update means. */
export function inputOfAnswer(answer: unknown): Input {
  const value = isPlainObject(answer) && Object.hasOwn(answer, 'value') ? answer['value'] : null;
  return {
    type: 'resume',
    interruptId: textIn(answer, 'interruptId') ?? '',
    value: value ?? null,
    ...speakerIn(answer),
  };
}

/** The input that a `control` update means; null when it means none. */
export function inputOfControl(control: unknown): Input | null {
  const type = textIn(control, 'type') ?? '';
  const message = isPlainObject(control) && Object.hasOwn(control, 'message') ? control['message'] : null;
  return controlOf(type, type === STEER_SIGNAL ? message : control, control);
}

function controlOf(type: string, first: unknown, second: unknown): Input | null {
  switch (type) {
    case PAUSE_SIGNAL:
      return { type: 'pause', ...named({ reason: textIn(first, 'reason') }), ...speakerIn(first) };
    case UNPAUSE_SIGNAL:
      return { type: 'unpause', ...speakerIn(first) };
    case STEER_SIGNAL:
      return { type: 'steer', message: first ?? null, ...speakerIn(second) };
    default:
      return null;
  }
}

function speakerIn(value: unknown): Speaker {
  const roles = isPlainObject(value) && Object.hasOwn(value, 'roles') ? value['roles'] : undefined;
  return {
    ...named({ by: textIn(value, 'by'), id: textIn(value, 'id') }),
    ...(Array.isArray(roles) ? { roles: roles.filter((role) => typeof role === 'string') } : {}),
  };
}

function textIn(value: unknown, key: string): string | undefined {
  const text = isPlainObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return typeof text === 'string' ? text : undefined;
}

/** Only what is there. */
function named<T extends Readonly<Record<string, string | undefined>>>(
  values: T,
): { readonly [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
