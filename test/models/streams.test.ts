import { connect } from 'node:net';
import { followModelStream, ModelStreams, serveModelStreams, type ModelStreamEvent } from '../../src/models';
import { STREAM_BUFFER_LENGTH_MAX } from '../../src/models/model-stream';
import { until } from '../support/until';
import { scenes, user } from './model-scene';

const scene = scenes();
const PLACE = { runId: 'run-1', actionId: 'action-1', attempt: 1 };

function listening(streams: ModelStreams, runId = 'run-1') {
  const heard: ModelStreamEvent[] = [];
  const leave = streams.subscribe(runId, (event) => heard.push(event));
  return { heard, leave };
}

function textOf(events: readonly ModelStreamEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.text : '')).join('');
}

describe('a stream', () => {
  it('has what the model says while it says it', async () => {
    const open = await scene([
      { text: 'Once upon a time there was a kernel.', faults: [{ type: 'hang', afterChunks: 4 }] },
    ]);
    const { heard } = listening(open.streams);
    const said = open.answer([user('Tell me a story')]);
    await until(() => textOf(heard).length > 0);
    expect('Once upon a time there was a kernel.').toContain(textOf(heard));
    // Whoever comes now hears what was said so far.
    const late = listening(open.streams);
    expect(textOf(late.heard)).toBe(textOf(heard));
    open.server.release();
    await said;
    for (const { heard: events } of [{ heard }, late]) {
      expect(events[0]).toEqual({ ...PLACE, type: 'start' });
      expect(textOf(events)).toBe('Once upon a time there was a kernel.');
      expect(events.at(-1)).toEqual({ ...PLACE, type: 'end', finish: 'stop' });
    }
    // Nothing is kept.
    expect(listening(open.streams).heard).toEqual([]);
  });

  it('begins anew with each attempt', async () => {
    const open = await scene([{ text: 'The answer is forty-two.', faults: [{ type: 'cut', afterChunks: 3 }] }]);
    const { heard } = listening(open.streams);
    await expect(open.answer([user('?')])).rejects.toMatchObject({ kind: 'transient' });
    await open.answer([user('?')], null, { environment: open.environment(2) });
    expect(heard[0]).toEqual({ ...PLACE, type: 'start' });
    const failed = heard.findIndex(({ type }) => type === 'failed');
    expect(heard[failed + 1]).toEqual({ ...PLACE, attempt: 2, type: 'start' });
    expect(textOf(heard.slice(failed))).toBe('The answer is forty-two.');
    expect(heard.at(-1)).toEqual({ ...PLACE, attempt: 2, type: 'end', finish: 'stop' });
  });

  it('has nothing of an attempt that was lost and goes on talking', () => {
    const streams = new ModelStreams();
    const lost = streams.open(PLACE);
    lost.push('I am ');
    const { heard } = listening(streams);
    const next = streams.open({ ...PLACE, attempt: 2 });
    lost.push('still here');
    next.push('Hello');
    lost.end('stop');
    next.end('stop');
    expect(heard.map((event) => [event.attempt, event.type])).toEqual([
      [1, 'start'],
      [1, 'text'],
      [2, 'start'],
      [2, 'text'],
      [2, 'end'],
    ]);
  });

  it('is bounded: a late subscriber is told how much it has missed', () => {
    const streams = new ModelStreams();
    const stream = streams.open(PLACE);
    for (let at = 0; at < 10; at += 1) stream.push('x'.repeat(10_000));
    const [, said] = listening(streams).heard;
    expect(said).toMatchObject({ type: 'text', dropped: 100_000 - STREAM_BUFFER_LENGTH_MAX });
    expect(textOf([said!])).toHaveLength(STREAM_BUFFER_LENGTH_MAX);
  });

  it('goes to its run alone, for as long as it is followed, and no subscriber can break it', () => {
    const streams = new ModelStreams();
    const other = listening(streams, 'run-2');
    const left = listening(streams);
    left.leave();
    left.leave();
    let told = 0;
    streams.subscribe('run-1', () => {
      told += 1;
      throw new Error('a bad listener');
    });
    const stream = streams.open(PLACE);
    stream.push('Hello');
    expect([other.heard, left.heard, told]).toEqual([[], [], 1]);
  });
});

describe('streams over HTTP', () => {
  const runId = 'run/with spaces é';

  it('are followed from elsewhere', async () => {
    const streams = new ModelStreams();
    const server = await serveModelStreams(streams);
    try {
      const stream = streams.open({ ...PLACE, runId });
      stream.push('Hello, ');
      const heard: ModelStreamEvent[] = [];
      for await (const event of followModelStream(server.url, runId)) {
        heard.push(event);
        if (event.type === 'text' && event.text === 'Hello, ') {
          stream.push('wörld\n\ndata: {}');
          stream.end('stop');
        }
        if (event.type === 'end') break;
      }
      expect(textOf(heard)).toBe('Hello, wörld\n\ndata: {}');
      expect(heard.map(({ type }) => type)).toEqual(['start', 'text', 'text', 'end']);
    } finally {
      await server.close();
    }
  });

  it('end when the follower wants no more', async () => {
    const server = await serveModelStreams(new ModelStreams());
    try {
      const abort = new AbortController();
      setTimeout(() => {
        abort.abort();
      }, 50);
      const heard: ModelStreamEvent[] = [];
      for await (const event of followModelStream(server.url, runId, { signal: abort.signal })) heard.push(event);
      expect(heard).toEqual([]);
    } finally {
      await server.close();
    }
  });

  it('have a limit of subscribers, and give places back', async () => {
    const server = await serveModelStreams(new ModelStreams(), { subscribersMax: 1 });
    try {
      const first = await fetch(`${server.url}/runs/a/stream`);
      expect((await fetch(`${server.url}/runs/b/stream`)).status).toBe(503);
      await first.body?.cancel();
      await until(async () => {
        const next = await fetch(`${server.url}/runs/b/stream`);
        await next.body?.cancel();
        return next.status === 200;
      });
      expect((await fetch(`${server.url}/runs`)).status).toBe(404);
      expect((await fetch(`${server.url}/runs/a/stream`, { method: 'POST' })).status).toBe(405);
    } finally {
      await server.close();
    }
  });

  it('cut off who does not read', async () => {
    const streams = new ModelStreams();
    const server = await serveModelStreams(streams, { bufferedBytesMax: 100_000 });
    try {
      const { port, hostname } = new URL(server.url);
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.once('connect', resolve));
      socket.pause();
      const stream = streams.open(PLACE);
      let isCut = false;
      const subscribe = jest.spyOn(streams, 'subscribe');
      socket.write('GET /runs/run-1/stream HTTP/1.1\r\nhost: x\r\n\r\n');
      await until(() => subscribe.mock.calls.length > 0);
      socket.once('close', () => {
        isCut = true;
      });
      for (let at = 0; at < 400; at += 1) stream.push('x'.repeat(60_000));
      socket.resume();
      await until(() => isCut);
      stream.end('stop');
    } finally {
      await server.close();
    }
  });
});
