import { assertStepInput, executionStep, type ExecutionStepInput } from '../../src/kernel/execution-step';
import type { Json } from '../../src/kernel/json';
import { complete, update, type StepFn } from '../../src/kernel/step';
import { kernelError } from './kernel-error-matcher';

const emitsItsState: StepFn<number> = (state) => update({ n: state });

describe("the specification's own tests", () => {
  test('execution_step_input_initial_validates', () => {
    expect(() => {
      assertStepInput({ type: 'Initial' });
    }).not.toThrow();
  });

  test('execution_step_input_resume_validates', () => {
    expect(() => {
      assertStepInput({ type: 'Resume', value: { ok: true } });
    }).not.toThrow();
  });

  test('execution_step_input_signal_empty_name_invalid', () => {
    expect(() => {
      assertStepInput({ type: 'Signal', name: '', value: null });
    }).toThrow(kernelError('InvalidStepInput'));
  });

  test('execution_step_input_signal_non_empty_name_validates', () => {
    expect(() => {
      assertStepInput({ type: 'Signal', name: 'evt', value: 1 });
    }).not.toThrow();
  });

  test('step_fn_impls_execution_step', () => {
    const result = executionStep(emitsItsState).execute(42, { type: 'Initial' });
    expect(result).toEqual({ type: 'Emit', events: [{ type: 'StateUpdated', stepId: null, payload: { n: 42 } }] });
  });
});

test.each<readonly [string, unknown]>([
  ['a value that is no JSON', { type: 'Resume', value: undefined }],
  ['a signal whose value is no JSON', { type: 'Signal', name: 'evt', value: () => 1 }],
  ['a name that is no text', { type: 'Signal', name: 7, value: null }],
  ['another type', { type: 'Alarm' }],
])('given %s, then it can’t wake a step', (_, input) => {
  expect(() => {
    assertStepInput(input as ExecutionStepInput);
  }).toThrow(kernelError('InvalidStepInput'));
});

test('given a step function, then an input that is refused never reaches it', () => {
  let calls = 0;
  const step = executionStep(() => {
    calls += 1;
    return complete();
  });
  expect(() => step.execute(null, { type: 'Signal', name: '', value: null })).toThrow(kernelError('InvalidStepInput'));
  expect(calls).toBe(0);
});

test.each<ExecutionStepInput>([
  { type: 'Initial' },
  { type: 'Resume', value: 1 },
  { type: 'Signal', name: 'evt', value: { a: [1] } as Json },
])('given a step function, then $type has no influence on it', (input) => {
  expect(executionStep(emitsItsState).execute(1, input)).toEqual(emitsItsState(1));
});
