/** The queue of a mirror service: pure, but for its timers. */
import { LookQueue } from '../../src/mirror/look-queue';
import { isOutage, Outage } from '../../src/mirror/outage';
import { KernelError } from '../../src/kernel';

const queueOf = (max = 10): LookQueue => new LookQueue(max, () => undefined);

describe('given a run that is asked for several times', () => {
  test('when it waits, then it is given out once, with all that was meant', () => {
    const queue = queueOf();
    queue.add({ runId: 'a', executionIds: ['x'] });
    queue.add({ runId: 'a', executionIds: [null], woken: { executionId: 'y', historyLength: 4 } });
    queue.add({ runId: 'a', executionIds: ['x'] });

    expect(queue.take()).toMatchObject({
      runId: 'a',
      executionIds: ['x', null],
      woken: { executionId: 'y', historyLength: 4 },
    });
    expect(queue.take()).toBeNull();
    expect(queue.size).toBe(1);
  });

  test('when it is looked at, then nobody else gets it, and it is looked at again', () => {
    const queue = queueOf();
    queue.add({ runId: 'a' });
    expect(queue.take()?.runId).toBe('a');
    queue.add({ runId: 'a', woken: true });
    expect(queue.take()).toBeNull();

    queue.finish('a');
    expect(queue.take()).toMatchObject({ runId: 'a', woken: true });
    queue.finish('a');
    expect(queue.size).toBe(0);
  });

  test('when its look is to be made again, then what was asked for meanwhile is part of it', () => {
    const queue = queueOf();
    queue.add({ runId: 'a', executionIds: ['x'], outages: 1 });
    const look = queue.take()!;
    queue.add({ runId: 'a', executionIds: ['y'] });
    queue.finish('a', { look: { ...look, outages: 2 }, delayMs: 0 });
    expect(queue.take()).toMatchObject({ executionIds: ['x', 'y'], outages: 2 });
  });
});

describe('given a queue that is full', () => {
  test('when another run is asked for, then there is no room for it, until one was looked at', async () => {
    const queue = queueOf(2);
    expect([queue.add({ runId: 'a' }), queue.add({ runId: 'b' }), queue.add({ runId: 'c' })]).toEqual([
      true,
      true,
      false,
    ]);
    expect(queue.add({ runId: 'a' })).toBe(true);
    const room = queue.whenAtMost(1);
    queue.take();
    queue.finish('a');
    await room;
    expect(queue.add({ runId: 'c' })).toBe(true);
  });

  test('when it is cleared, then what waits is forgotten, and what is looked at stays until it is finished', async () => {
    const queue = queueOf();
    queue.add({ runId: 'a' });
    queue.add({ runId: 'b' }, 60_000);
    queue.take();
    queue.clear();
    expect(queue.size).toBe(1);
    queue.finish('a');
    await queue.whenAtMost(0);
  });
});

describe('given an error', () => {
  const grpc = (code: number): Error => Object.assign(new Error('grpc'), { code });
  test.each<[string, unknown, boolean]>([
    ['a server that is away', grpc(14), true],
    ['the same, wrapped by the client', new Error('failed', { cause: grpc(14) }), true],
    ['a server that is asked too often', grpc(8), true],
    ['a run that is not there', grpc(5), false],
    ['a store that is busy', new KernelError('StoreBusy', 'm'), true],
    ['a history that does not fit', new KernelError('HistoryMismatch', 'm'), false],
    ['a mismatch because of a server', new KernelError('HistoryMismatch', 'm', { cause: grpc(14) }), false],
    ['a fault', new TypeError('m'), false],
    ['nothing', null, false],
  ])('when it is %s, then whether it is an outage is known', (_case, error, outage) => {
    expect(isOutage(error)).toBe(outage);
  });

  test('when tries go on failing, then the pauses grow to a bound, and the outage counts once', () => {
    const outage = new Outage();
    const pauses: number[] = [];
    let nowMs = 0;
    for (let tries = 0; tries < 10; tries += 1) {
      const begun = outage.failed(new Error('away'), nowMs);
      expect(begun).toEqual(tries === 0 ? { reason: 'away' } : null);
      // Whatever was under way with it fails too, and changes nothing.
      expect(outage.failed(new Error('away too'), nowMs)).toBeNull();
      pauses.push(outage.remainingMs(nowMs));
      nowMs += outage.remainingMs(nowMs);
    }
    expect(pauses.slice(0, 4)).toEqual([500, 1_000, 2_000, 4_000]);
    expect(Math.max(...pauses)).toBe(30_000);
    outage.over();
    expect({ isOn: outage.isOn, count: outage.count, remainingMs: outage.remainingMs(nowMs) }).toEqual({
      isOn: false,
      count: 1,
      remainingMs: 0,
    });
  });
});
