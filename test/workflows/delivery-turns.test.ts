/** Turns of the microtask queue, and the bell: what a run's loop waits with. */
import { Bell } from '../../src/workflows/bell';
import { turns } from '../../src/workflows/delivery-turns';

/** How many turns of the queue go by before something is over. */
async function turnsOf(something: () => Promise<void>): Promise<number> {
  const seen = { isOver: false };
  const over = something().then(() => {
    seen.isOver = true;
  });
  let count = 0;
  while (!seen.isOver) {
    await Promise.resolve();
    count += 1;
  }
  await over;
  return count;
}

test.each([2, 3, 51, 200])(
  'given %d turns, then they take as long as so many awaits of a settled promise',
  async (count) => {
    const awaits = await turnsOf(async () => {
      for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
    });
    const once = await turnsOf(async () => {
      await turns(count);
    });
    expect(once).toBe(awaits);
  },
);

test('given a bell that was rung before anybody waited, then whoever waits goes on after its turns', async () => {
  const bell = new Bell(20);
  bell.ring();
  bell.ring();
  const count = await turnsOf(async () => {
    await bell;
  });
  expect(count).toBeGreaterThan(20);
  expect(count).toBeLessThan(25);
});

test('given a bell that was silenced, then whoever waits goes on with the next ring, and with no earlier one', async () => {
  const bell = new Bell(5);
  bell.ring();
  bell.silence();
  let isWoken = false;
  const waiting = (async () => {
    await bell;
    isWoken = true;
  })();
  await turns(100);
  expect(isWoken).toBe(false);
  bell.ring();
  expect(isWoken).toBe(false);
  await waiting;
  expect(isWoken).toBe(true);
});
