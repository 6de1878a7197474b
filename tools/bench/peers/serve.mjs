/**
 * The process of one peer: client and worker of it, as ours have one process for both. Started by peer-process.ts with an IPC channel.
 *
 * What is said on the channel, in this order: `{ module, settings }` asks for the peer of a module beside this one, which answers `{ ready: true }`;
 * then any number of times `{ runs, steps }`, answered by `{ ms }`: so long did so many runs at once take, of so many steps each. Anything may be answered by
 * `{ failure }` instead. When the channel closes, however the other side ended, the peer is closed and this process ends.
 *
 * A module exports `open(settings)`, which gives `{ run(steps), close() }`; a run gives how many steps it says that it took.
 */
const CLOSE_MS_MAX = 10_000;

let peer;

process.on('message', async (request) => {
  try {
    process.send(await answerTo(request));
  } catch (error) {
    process.send({ failure: textOf(error) });
  }
});

process.on('disconnect', async () => {
  setTimeout(() => process.exit(1), CLOSE_MS_MAX).unref();
  await peer?.close();
  process.exit(0);
});

async function answerTo(request) {
  if ('module' in request) {
    const { open } = await import(new URL(request.module, import.meta.url));
    peer = await open(request.settings);
    return { ready: true };
  }
  const { runs, steps } = request;
  const startedMs = performance.now();
  const taken = await Promise.all(Array.from({ length: runs }, () => peer.run(steps)));
  const ms = performance.now() - startedMs;
  const wrong = taken.find((count) => count !== steps);
  if (wrong !== undefined) throw new Error(`a run of ${steps} steps says that it took ${JSON.stringify(wrong)}`);
  return { ms };
}

/** What several attempts failed with has no text of its own. */
function textOf(error) {
  const first = error instanceof AggregateError && error.message === '' ? error.errors[0] : error;
  return first instanceof Error ? `${first.name}: ${first.message}` : String(first);
}
