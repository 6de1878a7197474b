/** Turns of the microtask queue, and the bell: what a run's loop waits with. */
import { Bell } from '../../src/workflows/bell';
import { DeliveryTurns } from '../../src/workflows/delivery-turns';

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
    const once = await turnsOf(
      () =>
        new Promise((over) => {
          new DeliveryTurns().after(count, over);
        }),
    );
    expect(once).toBe(awaits);
  },
);

test('given turns that are over, when others are asked for, then they are taken too', async () => {
  const turns = new DeliveryTurns();
  const seen: string[] = [];
  const taken = new Promise<void>((over) => {
    turns.after(3, () => {
      seen.push('first');
      turns.after(3, () => {
        seen.push('second');
        over();
      });
    });
  });
  expect(seen).toEqual([]);
  await taken;
  expect(seen).toEqual(['first', 'second']);
});

test('given a bell that was rung before anybody waited, then whoever waits goes on after its turns', async () => {
  const bell = new Bell(20);
  bell.ring();
  bell.ring();
  const count = await turnsOf(
    () =>
      new Promise((over) => {
        bell.wait(over);
      }),
  );
  expect(count).toBeGreaterThanOrEqual(20);
  expect(count).toBeLessThan(25);
});

test('given a bell that was silenced, then whoever waits goes on with the next ring, and with no earlier one', async () => {
  const bell = new Bell(5);
  bell.ring();
  bell.silence();
  let isWoken = false;
  const waiting = new Promise<void>((over) => {
    bell.wait(() => {
      isWoken = true;
      over();
    });
  });
  for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
  expect(isWoken).toBe(false);
  bell.ring();
  expect(isWoken).toBe(false);
  await waiting;
  expect(isWoken).toBe(true);
});
