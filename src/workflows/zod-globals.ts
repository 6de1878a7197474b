/**
 * Must be imported before zod where zod is evaluated once for all runs of a sandbox. zod keeps two things of its use, its settings
 * and its registry of descriptions, and takes them from globals if they are there. These hand out each run's own.
 */
const STATES = Symbol.for('temporal-kernel.zod-states');

interface ZodGlobals {
  /** A run's own: each run of a sandbox has globals of its own. */
  [STATES]?: Map<string, object>;
  __zod_globalConfig?: object;
  __zod_globalRegistry?: object;
}

const globals = globalThis as ZodGlobals;

let makeRegistry: () => object = () => ({});

globals.__zod_globalConfig = ofEachRun('config', () => ({}));
globals.__zod_globalRegistry = ofEachRun('registry', () => makeRegistry());

/** Takes zod's two globals away again: what else is evaluated in a run, another version of zod too, makes its own. */
export function zodIsEvaluated(newRegistry: () => object): void {
  makeRegistry = newRegistry;
  delete globals.__zod_globalConfig;
  delete globals.__zod_globalRegistry;
  Reflect.deleteProperty(globals, STATES);
}

/** An object that is another one in each run; it is made when it is used first. */
function ofEachRun(name: string, make: () => object): object {
  const own = (): object => {
    const states = statesOfThisRun();
    const state = states.get(name) ?? make();
    states.set(name, state);
    return state;
  };
  return new Proxy(
    {},
    {
      get: (_, key) => Reflect.get(own(), key) as unknown,
      set: (_, key, value) => Reflect.set(own(), key, value),
      has: (_, key) => Reflect.has(own(), key),
      deleteProperty: (_, key) => Reflect.deleteProperty(own(), key),
      defineProperty: (_, key, descriptor) => Reflect.defineProperty(own(), key, descriptor),
      ownKeys: () => Reflect.ownKeys(own()),
      getOwnPropertyDescriptor: (_, key) => Reflect.getOwnPropertyDescriptor(own(), key),
      getPrototypeOf: () => Reflect.getPrototypeOf(own()),
      preventExtensions: () => false,
    },
  );
}

function statesOfThisRun(): Map<string, object> {
  const states = globals[STATES] ?? new Map<string, object>();
  globals[STATES] = states;
  return states;
}
