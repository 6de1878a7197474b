/**
 * The clerk: a program that plays errands which need people, or several things at once. What it hears is in its state, in order.
 */
import { z } from 'zod';
import {
  all,
  allowAll,
  approval,
  callTool,
  childRun,
  choice,
  complete,
  decisionOf,
  defineProgram,
  interrupt,
  question,
  sleep,
  steeringOf,
  update,
  waitSignal,
  type AskRules,
  type DefinedProgram,
  type Event,
  type Next,
  type Policy,
} from '../../src/kernel';
import { playerTools } from './player';

const Value = z.json();

/** The rules of an ask, as data. */
const Rules = z.custom<AskRules>((value) => typeof value === 'object').default({});

const Doing = z.union([
  z.strictObject({ call: z.string(), input: Value.default(null) }),
  z.strictObject({ sleep: z.number() }),
]);

const Errand = z.union([
  Doing,
  z.strictObject({ all: z.array(Doing) }),
  z.strictObject({ question: z.string(), rules: Rules }),
  z.strictObject({ choice: z.string(), options: z.array(z.string()), rules: Rules }),
  z.strictObject({ approval: z.string(), action: Doing.optional(), rules: Rules }),
  z.strictObject({ ask: Value }),
  z.strictObject({ wait: z.string() }),
  z.strictObject({ note: Value }),
]);
export type Errand = z.input<typeof Errand>;

const Heard = z.union([
  z.object({ did: Value }),
  z.object({ failed: z.string() }),
  z.object({ decided: z.string(), value: Value, reason: z.string().nullable(), by: z.array(z.string().nullable()) }),
  z.object({ message: Value }),
  z.object({ answer: Value }),
  z.object({ noted: Value }),
]);

const State = z.object({
  errands: z.array(Errand),
  at: z.number().default(0),
  /** Results that the current errand still waits for. */
  open: z.number().default(0),
  heard: z.array(Heard).default([]),
});
type State = z.infer<typeof State>;

/** Pays need an approval, by rules that stand in their input. */
export const policy: Policy = {
  ...allowAll(),
  authorize: (_runId, action) => {
    if (action.type !== 'CallTool') return { type: 'allow' };
    if (action.tool === 'forbidden') return { type: 'deny', reason: 'tool not allowed: forbidden' };
    if (action.tool !== 'pay') return { type: 'allow' };
    const { amount, rules } = action.input as unknown as { amount: number; rules?: AskRules };
    if (amount <= 100) return { type: 'allow' };
    if (amount > 10_000) return { type: 'deny', reason: 'nobody may pay so much' };
    return { type: 'ask', reason: `${amount} is more than 100`, ...(rules === undefined ? {} : { rules }) };
  },
};

function doing(errand: z.infer<typeof Doing>): Next {
  return 'call' in errand ? callTool(errand.call, errand.input) : sleep(errand.sleep);
}

function stepOf({ errands, at }: State): Next {
  const errand = errands[at];
  if (errand === undefined) return complete();
  if ('all' in errand) return all(...errand.all.map(doing));
  if ('question' in errand) return question(errand.question, errand.rules);
  if ('choice' in errand) return choice(errand.choice, errand.options, errand.rules);
  if ('ask' in errand) return interrupt(errand.ask);
  if ('wait' in errand) return waitSignal(errand.wait);
  if ('note' in errand) return update(errand.note, `errand-${at}`);
  if (!('approval' in errand)) return doing(errand);
  const { action } = errand;
  const next = action === undefined ? null : doing(action);
  return approval(errand.approval, { ...errand.rules, ...(next?.type === 'Do' ? { action: next.action } : {}) });
}

function reduce(state: State, event: Event): State {
  const hears = (heard: z.infer<typeof Heard>): State => ({ ...state, heard: [...state.heard, heard] });
  const ends = (after: State): State => {
    return after.open > 1 ? { ...after, open: after.open - 1 } : { ...after, open: 0, at: after.at + 1 };
  };
  const next = { at: state.at + 1 };
  switch (event.type) {
    case 'ActionRequested':
      return { ...state, open: state.open + 1 };
    case 'ActionSucceeded':
      return ends(hears({ did: event.output as z.infer<typeof Value> }));
    case 'ActionFailed':
      return ends(hears({ failed: event.error }));
    case 'StateUpdated':
      return { ...hears({ noted: event.payload as z.infer<typeof Value> }), ...next };
    case 'Resumed': {
      const steering = steeringOf(event);
      if (steering !== null) return hears({ message: steering.message as z.infer<typeof Value> });
      const decision = decisionOf(event);
      if (decision === null) {
        const isAsked = 'ask' in (state.errands[state.at] ?? {});
        return { ...hears({ answer: event.value as z.infer<typeof Value> }), ...(isAsked ? next : {}) };
      }
      const { outcome: decided, value, reason, by } = decision;
      return { ...hears({ decided, value: value as z.infer<typeof Value>, reason, by: [...by] }), ...next };
    }
    default:
      return state;
  }
}

/** A worker that is lost over it is soon missed. */
const pay = {
  input: z.object({ amount: z.number(), rules: Rules.optional() }),
  output: z.object({ paid: z.number() }),
  heartbeatTimeoutMs: 1_000,
  run: ({ amount }: { amount: number }) => ({ paid: amount }),
};

function defineClerk(
  name: string,
  onActionFailed: 'fail' | 'continue',
  children: Readonly<Record<string, DefinedProgram<State, z.input<typeof State>>>>,
): DefinedProgram<State, z.input<typeof State>> {
  return defineProgram({
    name,
    description: 'Runs errands.',
    state: State,
    tools: {
      ...playerTools,
      pay,
      ...Object.fromEntries(Object.entries(children).map(([child, program]) => [child, childRun(program)])),
    },
    forms: { address: z.object({ street: z.string(), town: z.string() }) },
    steering: z.union([z.string(), z.object({ say: z.string() })]),
    signals: { payment: z.object({ amount: z.number() }) },
    onActionFailed,
    policy,
    step: stepOf,
    reduce,
  });
}

/** A clerk that goes on when something fails. */
export const clerk = defineClerk('clerk', 'continue', {});

/** A clerk whose run fails when something fails, and whose tool `clerk` starts a run of another clerk. */
export const headClerk = defineClerk('headClerk', 'fail', { clerk });

/** The initial state that runs these errands. */
export function running(...errands: Errand[]): { errands: Errand[] } {
  return { errands };
}
