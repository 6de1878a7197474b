/** SHA-256 in plain JavaScript: the workflow sandbox has no crypto. Hashes are 64 lower-case hex digits. */
import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex } from '@noble/hashes/utils';
import { canonicalJson } from './canonical-json';

/** A SHA-256 hash as 64 lower-case hex digits. */
export type Hash = string;

const UTF8 = new TextEncoder();

/** SHA-256 of a text's UTF-8 bytes. */
export function sha256Hex(text: string): Hash {
  return bytesToHex(sha256(UTF8.encode(text)));
}

/** SHA-256 of a value's canonical JSON. Of a state, this is its state hash (Oris kernel, `execution_log`). */
export function hashOf(value: unknown): Hash {
  return sha256Hex(canonicalJson(value));
}
