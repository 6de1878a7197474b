/** DBOS Transact with PostgreSQL: a workflow whose steps are `DBOS.runStep`, with the library's own settings. */
import { DBOS } from '@dbos-inc/dbos-sdk';
import { tick } from './tick.mjs';

export async function open({ postgresUrl }) {
  DBOS.setConfig({ name: 'bench', systemDatabaseUrl: postgresUrl, logLevel: 'error' });
  const stepper = DBOS.registerWorkflow(
    async (steps) => {
      let done = 0;
      while (done < steps) {
        const before = done;
        done = await DBOS.runStep(() => tick(before), { name: 'tick' });
      }
      return done;
    },
    { name: 'stepper' },
  );
  await DBOS.launch();
  return {
    run: async (steps) => {
      const handle = await DBOS.startWorkflow(stepper)(steps);
      return await handle.getResult();
    },
    close: () => DBOS.shutdown(),
  };
}
