/**
 * A local server that speaks the OpenAI-compatible chat protocol for real, and says what a script says: for tests, examples and benchmarks,
 * where no provider can be reached. It listens on loopback alone.
 *
 * Guarantees: an illegal conversation is refused with 400, as providers do. Requests are recorded. The same request gets the same answer,
 * but for the faults of its turn, each of which is met once.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chunksOf, completionOf } from './chat-chunks';
import { ChatRequestSchema, turnFor, type ChatRequest, type Fault, type Script, type Turn } from './script';
import { brokenLaw } from './transcript-law';

/** A request as it came. */
export interface RecordedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: ChatRequest;
  /** Why it was refused as no legal conversation; null for a legal one. */
  readonly illegal: string | null;
  /** Settled when the connection is over: whether the client went before the answer was whole. */
  readonly isCutByClient: Promise<boolean>;
}

export interface ScriptedModel {
  /** The base URL, with `/v1`. */
  readonly url: string;
  /** The newest requests, in order of arrival. */
  readonly requests: readonly RecordedRequest[];
  /** How many came so far, and how many of them were no legal conversation. */
  readonly counts: { readonly requests: number; readonly illegal: number };
  /** Lets whatever hangs go on; what would hang from now on does not. */
  release(): void;
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 64 * 1024 * 1024;

export interface ScriptedModelOptions {
  /** Default 0: any that is free. */
  readonly port?: number;
  /** Requests that are kept: each has its whole conversation. Default 1,000. */
  readonly recordedMax?: number;
}

/** Starts a server. */
export async function startScriptedModel(
  script: Script,
  { port = 0, recordedMax = 1_000 }: ScriptedModelOptions = {},
): Promise<ScriptedModel> {
  const stage = new Stage(script, recordedMax);
  const server = createServer((request, response) => {
    void stage.answer(request, response).catch(() => {
      response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${taken}/v1`,
    requests: stage.requests,
    counts: stage.counts,
    release: () => {
      stage.release();
    },
    close: async () => {
      stage.release();
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      server.closeAllConnections();
      await closed;
    },
  };
}

class Stage {
  readonly requests: RecordedRequest[] = [];
  readonly counts = { requests: 0, illegal: 0 };
  readonly #script: Script;
  readonly #recordedMax: number;
  /** How many faults of a turn were met, by conversation and turn. */
  readonly #met = new Map<string, number>();
  readonly #released: Promise<void>;
  #release: () => void = () => undefined;

  constructor(script: Script, recordedMax: number) {
    this.#script = script;
    this.#recordedMax = recordedMax;
    this.#released = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  release(): void {
    this.#release();
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isCutByClient = new Promise<boolean>((resolve) => {
      response.once('close', () => {
        resolve(!response.writableFinished && !cutByScript.has(response));
      });
    });
    const text = await bodyOf(request);
    if (request.method !== 'POST' || request.url !== '/v1/chat/completions') {
      refuse(
        response,
        404,
        `there is only POST /v1/chat/completions here, and no ${request.method ?? ''} ${request.url ?? ''}`,
      );
      return;
    }
    const read = ChatRequestSchema.safeParse(parsed(text));
    if (!read.success) {
      refuse(response, 400, `no chat request: ${read.error.message}`);
      return;
    }
    const body = read.data;
    const illegal = brokenLaw(body.messages);
    this.counts.requests += 1;
    if (illegal !== null) this.counts.illegal += 1;
    this.requests.push({ headers: request.headers, body, illegal, isCutByClient });
    if (this.requests.length > this.#recordedMax) this.requests.shift();
    if (illegal !== null) {
      refuse(response, 400, `illegal conversation: ${illegal}`);
      return;
    }
    const found = turnFor(this.#script, body);
    if (found === null) {
      refuse(response, 400, 'the script has no turn for this request');
      return;
    }
    const { turn, place } = found;
    const fault = this.#nextFault(turn, place, body);
    if (fault !== null && refusedBy(fault, response)) return;
    await this.#give(turn, place, body, fault, response);
  }

  async #give(
    turn: Turn,
    place: string,
    body: ChatRequest,
    fault: Fault | null,
    response: ServerResponse,
  ): Promise<void> {
    if (body.stream !== true) {
      if (fault !== null && 'afterChunks' in fault) await this.#meet(fault, response);
      if (!response.destroyed) json(response, 200, completionOf(turn, body, place));
      return;
    }
    const chunks = chunksOf(turn, body, place);
    let isBegun = false;
    for (const [count, chunk] of [...chunks, null].entries()) {
      if (fault !== null && 'afterChunks' in fault && fault.afterChunks === count) await this.#meet(fault, response);
      if (response.destroyed) return;
      if (!isBegun) response.writeHead(200, { 'content-type': 'text/event-stream' });
      isBegun = true;
      if (turn.paceMs !== undefined) await pause(turn.paceMs);
      if (chunk !== null) await write(response, chunk);
    }
    response.end('data: [DONE]\n\n');
  }

  /** What happens in the place of the next chunk. */
  async #meet(fault: Extract<Fault, { readonly afterChunks: number }>, response: ServerResponse): Promise<void> {
    switch (fault.type) {
      case 'cut':
        cut(response);
        return;
      case 'error-in-stream':
        if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
        await write(response, {
          error: { message: fault.message, ...(fault.code === undefined ? {} : { code: fault.code }) },
        });
        response.end();
        await new Promise((resolve) => response.once('close', resolve));
        return;
      case 'hang': {
        if (fault.afterChunks > 0) response.flushHeaders();
        const gone = new Promise<void>((resolve) => {
          response.once('close', resolve);
        });
        await Promise.race([this.#released, gone]);
      }
    }
  }

  #nextFault({ faults = [] }: Turn, place: string, { messages }: ChatRequest): Fault | null {
    if (faults.length === 0) return null;
    // A conversation is known by how it began.
    const first = messages.filter(({ role }) => role !== 'assistant' && role !== 'tool').slice(0, 2);
    const key = JSON.stringify([place, first]);
    const met = this.#met.get(key) ?? 0;
    this.#met.set(key, met + 1);
    return faults[met] ?? null;
  }
}

/** Faults in the place of the whole answer. */
function refusedBy(fault: Fault, response: ServerResponse): boolean {
  switch (fault.type) {
    case 'rate-limit': {
      const { retryAfter, retryAfterMs, message = 'too many requests' } = fault;
      if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
      if (retryAfterMs !== undefined) response.setHeader('retry-after-ms', String(retryAfterMs));
      refuse(response, 429, message);
      return true;
    }
    case 'status':
      if (fault.body === undefined) refuse(response, fault.status, fault.message ?? 'a scripted failure');
      else response.writeHead(fault.status).end(fault.body);
      return true;
    case 'malformed':
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end('data: {"choices": [{"delta": {"content": "half a \n\ndata: [DONE]\n\n');
      return true;
    case 'empty':
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end();
      return true;
    case 'cut':
    case 'error-in-stream':
    case 'hang':
      return false;
  }
}

/** Connections that the script itself has cut. */
const cutByScript = new WeakSet<ServerResponse>();

function cut(response: ServerResponse): void {
  cutByScript.add(response);
  response.socket?.resetAndDestroy();
  response.destroy();
}

async function write(response: ServerResponse, chunk: unknown): Promise<void> {
  await new Promise<void>((resolve) => {
    response.write(`data: ${JSON.stringify(chunk)}\n\n`, () => {
      resolve();
    });
  });
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function refuse(response: ServerResponse, status: number, message: string): void {
  json(response, status, { error: { message, type: 'scripted', param: null, code: null } });
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) throw new Error('a request of more than 64 MiB');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
