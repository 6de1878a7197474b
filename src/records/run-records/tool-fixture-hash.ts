/**
 * The hash by which a recorded call of a tool is found again: SipHash-1-3 with a key of zeros, over the tool's name and its arguments
 * as JSON, each with a byte 0xff behind it. It is the specification's, and no proof of anything.
 */
import type { Json } from '../../kernel';
import { compactJsonText } from './record-text';

const MASK = 0xffff_ffff_ffff_ffffn;

/** 16 lower-case hex digits. */
export function toolFixtureHash(toolName: string, args: Json): string {
  const encoder = new TextEncoder();
  const bytes = [...encoder.encode(toolName), 0xff, ...encoder.encode(compactJsonText(args)), 0xff];
  return sipHash13(bytes).toString(16).padStart(16, '0');
}

function sipHash13(bytes: readonly number[]): bigint {
  // "somepseudorandomlygeneratedbytes": with a key of zeros the state begins with nothing else.
  const state: State = [0x736f6d6570736575n, 0x646f72616e646f6dn, 0x6c7967656e657261n, 0x7465646279746573n];
  const whole = bytes.length - (bytes.length % 8);
  for (let at = 0; at < whole; at += 8) compress(state, littleEndian(bytes.slice(at, at + 8)));
  compress(state, littleEndian(bytes.slice(whole)) | (BigInt(bytes.length & 0xff) << 56n));
  state[2] ^= 0xffn;
  for (let round = 0; round < 3; round += 1) mix(state);
  return state[0] ^ state[1] ^ state[2] ^ state[3];
}

type State = [bigint, bigint, bigint, bigint];

function compress(state: State, word: bigint): void {
  state[3] ^= word;
  mix(state);
  state[0] ^= word;
}

function mix(state: State): void {
  let [v0, v1, v2, v3] = state;
  v0 = (v0 + v1) & MASK;
  v1 = rotated(v1, 13n) ^ v0;
  v0 = rotated(v0, 32n);
  v2 = (v2 + v3) & MASK;
  v3 = rotated(v3, 16n) ^ v2;
  v0 = (v0 + v3) & MASK;
  v3 = rotated(v3, 21n) ^ v0;
  v2 = (v2 + v1) & MASK;
  v1 = rotated(v1, 17n) ^ v2;
  v2 = rotated(v2, 32n);
  state.splice(0, 4, v0, v1, v2, v3);
}

function rotated(word: bigint, by: bigint): bigint {
  return ((word << by) | (word >> (64n - by))) & MASK;
}

function littleEndian(bytes: readonly number[]): bigint {
  return bytes.reduceRight((word, byte) => (word << 8n) | BigInt(byte), 0n);
}
