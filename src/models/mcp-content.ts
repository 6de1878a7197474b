/** What an MCP tool gave, as JSON. */
import { isPlainObject, sealJson, type Json } from '../kernel';

/** Longest text of a result that is not kept as one. */
type Result = Readonly<Record<string, unknown>>;

/** Structured content where there is some; one text where all is text; else the parts as the protocol has them. */
export function contentOf(result: Result): Json {
  const { structuredContent } = result;
  if (structuredContent !== undefined) return jsonOf(structuredContent);
  const parts = partsOf(result);
  return parts.every(isText) ? textOf(result) : jsonOf(parts);
}

/** The texts of a result, one after the other. */
export function textOf(result: Result): string {
  const text = partsOf(result)
    .filter(isText)
    .map((part) => part.text)
    .join('\n');
  return text.toWellFormed();
}

function partsOf({ content }: Result): readonly unknown[] {
  return Array.isArray(content) ? (content as readonly unknown[]) : [];
}

function isText(part: unknown): part is { readonly text: string } {
  return isPlainObject(part) && part['type'] === 'text' && typeof part['text'] === 'string';
}

function jsonOf(value: unknown): Json {
  return sealJson(JSON.parse(JSON.stringify(value)));
}
